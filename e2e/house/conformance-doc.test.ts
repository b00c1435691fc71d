import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { repository } from '../../scripts/repository.ts'
import { conformanceDoc } from '../registry/conformance/document.ts'
import { allChecks } from '../registry/conformance/suite.ts'

test('docs/conformance.md is what `npm run docs:conformance` writes', (t) => {
  t.is(readFileSync(join(repository, 'docs/conformance.md'), 'utf8'), conformanceDoc())
})

test('checks have names of their own, and say what the registry does in one line', (t) => {
  const ids = allChecks.map(({ id }) => id)
  t.deepEqual(ids, [...new Set(ids)])
  for (const { id, says } of allChecks) {
    t.regex(id, /^[a-z0-9]+(-[a-z0-9]+)*(\/sha512)?$/)
    t.regex(says, /^[a-z][^|\n]*[^.\n|]$/, id)
  }
})
