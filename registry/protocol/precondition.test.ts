import test from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { RegistryError } from './error.ts'
import { failedCondition, parseEntityTags, parsePrecondition } from './precondition.ts'

const [now, other] = [digestOf(Buffer.from('now')), digestOf(Buffer.from('other'))]
const strong = (opaque: string): object => ({ isWeak: false, opaque })
const weak = (opaque: string): object => ({ isWeak: true, opaque })

for (const [header, tags] of [
  ['*', '*'],
  [' * ', '*'],
  ['"a"', [strong('a')]],
  ['""', [strong('')]],
  ['W/"a"', [weak('a')]],
  ['"a", "b"', [strong('a'), strong('b')]],
  ['"a",W/"b" ,\t"c"', [strong('a'), weak('b'), strong('c')]],
  ['"a,b"', [strong('a,b')]],
  ['"*"', [strong('*')]],
  [', "a",, ', [strong('a')]],
  ['"\u00ff!#"', [strong('\u00ff!#')]],
] as const) {
  test(`entity tags: ${JSON.stringify(header)}`, (t) => t.deepEqual(parseEntityTags(header), tags))
}

for (const header of [
  '',
  ' ',
  ',',
  'a',
  '"a',
  'a"',
  '"a" "b"',
  '"a"b',
  'w/"a"',
  'W/ "a"',
  'W/a',
  '"a b"',
  '"a\u007f"',
  '*, "a"',
  '"a", *',
  '**',
  now,
  Array.from({ length: 101 }, () => '"a"').join(),
]) {
  test(`no entity tags: ${JSON.stringify(header.slice(0, 80))}`, (t) => {
    t.is(parseEntityTags(header), undefined)
    const error = t.throws(() => parsePrecondition({ 'if-match': header }), { instanceOf: RegistryError })
    t.is(error?.status, 400)
  })
}

test('a long header that is none takes no long time', (t) => {
  const startedAt = performance.now()
  t.is(parseEntityTags(`${' \t'.repeat(50_000)}x`), undefined)
  t.is(parseEntityTags(`"${'a'.repeat(100_000)}`), undefined)
  t.true(performance.now() - startedAt < 500)
})

test('what is written as entity tags is read as these', (t) => {
  const opaque = fc.stringMatching(/^[!#-~]{0,12}$/)
  const tag = fc.record({ isWeak: fc.boolean(), opaque })
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1, maxLength: 9 }), fc.constantFrom(',', ', ', ' ,\t'), (tags, comma) => {
      const header = tags.map((each) => `${each.isWeak ? 'W/' : ''}"${each.opaque}"`).join(comma)
      t.deepEqual(parseEntityTags(header), tags)
    }),
    { numRuns: 300 },
  )
})

const rows: readonly (readonly [
  match: string | undefined,
  none: string | undefined,
  is: Digest | undefined,
  failed: ReturnType<typeof failedCondition>,
])[] = [
  [`"${now}"`, undefined, now, undefined],
  [`"${other}", "${now}"`, undefined, now, undefined],
  [`"${other}"`, undefined, now, 'If-Match'],
  [`W/"${now}"`, undefined, now, 'If-Match'],
  ['*', undefined, now, undefined],
  ['*', undefined, undefined, 'If-Match'],
  [`"${now}"`, undefined, undefined, 'If-Match'],
  [undefined, '*', undefined, undefined],
  [undefined, '*', now, 'If-None-Match'],
  [undefined, `"${now}"`, now, 'If-None-Match'],
  [undefined, `W/"${now}"`, now, 'If-None-Match'],
  [undefined, `"${other}"`, now, undefined],
  [undefined, `"${other}"`, undefined, undefined],
  [`"${now}"`, `"${now}"`, now, 'If-None-Match'],
  [`"${other}"`, '*', now, 'If-Match'],
  [`"${now}"`, `"${other}"`, now, undefined],
]
for (const [match, none, is, failed] of rows) {
  test(`If-Match: ${match}; If-None-Match: ${none}; now ${is}`, (t) => {
    const precondition = parsePrecondition({ 'if-match': match, 'if-none-match': none })
    t.is(precondition && failedCondition(precondition, is), failed)
  })
}

test('without a header there is no condition', (t) => t.is(parsePrecondition({}), undefined))
