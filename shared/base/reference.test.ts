import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { digestOf } from './digest.ts'
import { familiarName, formatReference, parseReference, withDefaultTag } from './reference.ts'

interface Row {
  readonly input: string
  readonly error?: true
  readonly domain?: string
  readonly path?: string
  readonly tag?: string
  readonly digest?: string
  readonly familiar: string
}

/** What github.com/distribution/reference v0.6 answers, but for sha384 digests and hosts with `_`, which we refuse. */
const rows: readonly Row[] = JSON.parse(
  readFileSync(new URL('../../testdata/references.json', import.meta.url), 'utf8'),
)

test('the table has both kinds of rows', (t) => {
  t.true(rows.filter((row) => row.error !== true).length > 70)
  t.true(rows.filter((row) => row.error === true).length > 70)
})

for (const { input, error, familiar, ...expected } of rows) {
  const title = JSON.stringify(input.length > 60 ? `${input.slice(0, 57)}... (${input.length})` : input)
  if (error === true) {
    test(`refused: ${title} ${digestOf(input).slice(7, 11)}`, (t) => {
      t.throws(() => parseReference(input), { code: 'REFERENCE_INVALID' })
    })
  } else {
    test(`parsed: ${title} ${digestOf(input).slice(7, 11)}`, (t) => {
      const reference = parseReference(input)
      t.like(reference, expected)
      t.deepEqual(Object.keys(reference).sort(), Object.keys(expected).sort())
      t.is(familiarName(reference), familiar)
    })
  }
}

test('the message names the problem', (t) => {
  t.throws(() => parseReference('Busybox'), { message: /lower-case/ })
  t.throws(() => parseReference('app:'), { message: /"" is not a tag/ })
  t.throws(() => parseReference('a b'), { message: /"a b" is not a component/ })
})

test('the default tag is latest, unless a tag or digest is there', (t) => {
  t.is(formatReference(withDefaultTag(parseReference('app'))), 'docker.io/library/app:latest')
  t.is(withDefaultTag(parseReference('app:1')).tag, '1')
  t.is(withDefaultTag(parseReference(`app@${digestOf('')}`)).tag, undefined)
})

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/)
const domain = fc.oneof(
  fc.constant('docker.io'),
  fc.constant('localhost'),
  word.map((name) => `${name}.example:5000`),
)
const reference = fc.record(
  { domain, path: fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')), tag: word },
  { requiredKeys: ['domain', 'path'] },
)

test('what is formatted in full or short parses to the same', (t) => {
  fc.assert(
    fc.property(reference, (made) => {
      const parsed = parseReference(formatReference(made))
      t.deepEqual(parseReference(formatReference(parsed)), parsed)
      t.deepEqual(parseReference(familiarName(parsed)), parsed)
    }),
    { numRuns: 300, examples: [[{ domain: 'docker.io', path: 'library/app' }]] },
  )
})

test('any text is parsed or refused, never more', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[aA0.:/@_-]{0,20}$/)), (text) => {
      try {
        const parsed = parseReference(text)
        t.deepEqual(parseReference(formatReference(parsed)), parsed)
      } catch (error) {
        t.is((error as { code?: string }).code, 'REFERENCE_INVALID')
      }
    }),
    { numRuns: 2000 },
  )
})
