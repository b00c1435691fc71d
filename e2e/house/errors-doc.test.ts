import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { errorsDoc } from '../../scripts/errors-doc.ts'
import { repository } from '../../scripts/repository.ts'
import { errorCodes } from '../../shared/base/error-codes.ts'

const sources = globSync('{shared,builder,registry,notary,retention,app}/**/*.ts', { cwd: repository })
  .filter((path) => !path.endsWith('.test.ts') && path !== 'shared/base/error-codes.ts')
  .map((path) => ({ path, code: readFileSync(join(repository, path), 'utf8') }))

test('docs/errors.md is what `npm run docs:errors` writes', (t) => {
  t.is(readFileSync(join(repository, 'docs/errors.md'), 'utf8'), errorsDoc())
})

test('every code is used', (t) => {
  const unused = Object.keys(errorCodes).filter((name) => !sources.some(({ code }) => code.includes(`'${name}'`)))
  t.deepEqual(unused, [])
})

test('every code that is thrown is in the catalogue', (t) => {
  const thrown = sources.flatMap(({ code }) =>
    [...code.matchAll(/new IbuildError\(\s*'([^']*)'/g)].map(([, name]) => name),
  )
  t.true(thrown.length > 20)
  t.deepEqual(
    thrown.filter((name) => !Object.hasOwn(errorCodes, name ?? '')),
    [],
  )
})

test('the rows are whole: a sentence each, no pipe that would break the table', (t) => {
  for (const [name, { about, hint }] of Object.entries(errorCodes)) {
    t.regex(name, /^[A-Z][A-Z_]+[A-Z]$/)
    for (const text of [about, hint ?? 'None.']) t.regex(text, /^[A-Z][^|\n]*\.$/, name)
  }
})
