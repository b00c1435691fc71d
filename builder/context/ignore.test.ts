import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseIgnore } from './ignore.ts'

interface Case {
  readonly file: string
  readonly error?: boolean
  readonly ignored?: readonly string[]
  readonly kept?: readonly string[]
}

const table = new URL('../../testdata/context/ignore.json', import.meta.url)
const cases = JSON.parse(readFileSync(table, 'utf8')) as readonly Case[]

function parse(content: string): ReturnType<typeof parseIgnore> {
  return parseIgnore(Buffer.from(content, 'latin1'), '.dockerignore')
}

test('every row of the table agrees with moby', (t) => {
  const wrong: string[] = []
  let rows = 0
  for (const row of cases) {
    if (row.error === true) {
      const error = t.throws(() => parse(row.file), { instanceOf: IbuildError }, row.file)
      t.is(error?.code, 'IGNORE_INVALID')
      continue
    }
    const rules = parse(row.file)
    const check = (path: string, ignored: boolean): void => {
      rows++
      if (rules.match(path).ignored !== ignored) wrong.push(JSON.stringify({ file: row.file, path, moby: ignored }))
    }
    for (const path of row.ignored ?? []) check(path, true)
    for (const path of row.kept ?? []) check(path, false)
  }
  t.deepEqual(wrong, [])
  t.true(rows > 10_000)
})

test('the deciding line and pattern are told as written', (t) => {
  const rules = parse('# secrets\n\n*.key\n!public.key\n  /build/  \n')
  t.deepEqual(rules.match('a.key'), { ignored: true, line: 3, pattern: '*.key' })
  t.deepEqual(rules.match('public.key'), { ignored: false })
  t.deepEqual(rules.match('build/x/y'), { ignored: true, line: 5, pattern: '/build/' })
})

test('an error names file, line and text', (t) => {
  const error = t.throws(() => parse('a\nb\n! \n'), { instanceOf: IbuildError })
  t.is(error?.code, 'IGNORE_INVALID')
  t.deepEqual(error?.location, { file: '.dockerignore', startLine: 3, endLine: 3, text: '! ' })
  t.regex(error?.message ?? '', /^\.dockerignore:3: /)
})

test('ignored directories are walked only where a ! rule could match', (t) => {
  const rows: readonly [string, string, boolean][] = [
    ['a', 'a', false],
    ['a\n!a/b', 'a', true],
    ['a\n!a/b/c', 'a/b', true],
    ['a\n!a/b', 'a/x', false],
    ['a\n!ab', 'a', false],
    ['a\n!a/**', 'a', true],
    ['a\n!b/*', 'a', false],
    ['a\n!**/b', 'a', true],
    ['a\n!b?', 'a', true],
  ]
  for (const [file, directory, expected] of rows)
    t.is(parse(file).mayContainIncluded(directory), expected, `${file} ${directory}`)
})

const pattern = fc
  .array(fc.constantFrom('a', 'b', '*', '**', '?', '/', '[ab]', '[^a]', '.', '!', '\\*'), {
    minLength: 1,
    maxLength: 7,
  })
  .map((atoms) => atoms.join(''))
const path = fc
  .array(fc.stringMatching(/^[ab.*!]{1,3}$/), { minLength: 1, maxLength: 4 })
  .filter((parts) => !parts.some((part) => /^\.+$/.test(part)))
  .map((parts) => parts.join('/'))

test('a skipped directory holds nothing that is included', (t) => {
  const property = fc.property(fc.array(pattern, { maxLength: 5 }), path, (lines, file) => {
    const rules = tryParse(lines.join('\n'))
    if (rules === undefined || rules.match(file).ignored) return true
    const parents = file
      .split('/')
      .slice(0, -1)
      .map((_, index, parts) => parts.slice(0, index + 1).join('/'))
    return parents.every((parent) => !rules.match(parent).ignored || rules.mayContainIncluded(parent))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 3000 }))
})

test('the verdict depends on the last rules: a trailing pattern for the path itself always wins', (t) => {
  const property = fc.property(fc.array(pattern, { maxLength: 5 }), path, (lines, file) => {
    const literal = file.replaceAll(/[*[\]?\\]/g, '\\$&')
    const own = literal.startsWith('!') ? `./${literal}` : literal
    const excluded = tryParse([...lines, own].join('\n'))
    const included = tryParse([...lines, `!${literal}`].join('\n'))
    if (excluded === undefined || included === undefined || literal.startsWith('!')) return true
    return excluded.match(file).ignored && !included.match(file).ignored
  })
  t.notThrows(() => fc.assert(property, { numRuns: 3000 }))
})

test('any bytes parse or are refused with a line', (t) => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 60 }),
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    (bytes, name) => {
      try {
        parseIgnore(bytes, 'f').match(Buffer.from(name).toString('latin1'))
        return true
      } catch (error) {
        return error instanceof IbuildError && error.code === 'IGNORE_INVALID' && error.location !== undefined
      }
    },
  )
  t.notThrows(() => fc.assert(property, { numRuns: 2000 }))
})

test('a hostile pattern takes no exponential time', (t) => {
  const rules = parse(`${'*a'.repeat(60)}b\n${'**/a'.repeat(40)}/**/b\n[^q]*a[^q]*a[^q]*b`)
  const start = performance.now()
  t.false(rules.match('a'.repeat(255)).ignored)
  t.false(rules.match(Array.from({ length: 200 }, () => 'aa').join('/')).ignored)
  t.true(performance.now() - start < 5000)
})

function tryParse(content: string): ReturnType<typeof parseIgnore> | undefined {
  try {
    return parse(content)
  } catch {
    return undefined
  }
}
