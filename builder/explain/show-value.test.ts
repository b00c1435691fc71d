import test from 'ava'
import fc from 'fast-check'
import { oneLine, shortDigest, showChange, showTime, showValue } from './show-value.ts'

const secret = `hmac-sha256:${'a'.repeat(64)}`
const other = `hmac-sha256:${'b'.repeat(64)}`

const values: [text: string, shown: string][] = [
  ['', '(empty)'],
  ['x', 'x'],
  ['x y', '"x y"'],
  ['say "x"', '"say \\"x\\""'],
  [secret, '***'],
  [`https://${secret}@host/`, 'https://***@host/'],
  ['x'.repeat(60), `${'x'.repeat(45)}...`],
]
for (const [text, shown] of values) test(`shown: ${text.slice(0, 20)}`, (t) => t.is(showValue(text), shown))

const changes: [before: string, after: string, shown: string | undefined][] = [
  ['1', '2', '1 -> 2'],
  ['', 'x', '(empty) -> x'],
  [secret, other, undefined],
  [`a ${secret}`, `a ${other}`, undefined],
  [`a ${secret}`, `b ${other}`, '"a ***" -> "b ***"'],
  [`${'a '.repeat(40)}one`, `${'a '.repeat(40)}two`, '"...a a a a one" -> "...a a a a two"'],
  [`${'a'.repeat(80)}1`, `${'a'.repeat(80)}2`, '...aaaaaaaa1 -> ...aaaaaaaa2'],
  ['a'.repeat(80), 'a'.repeat(40), '...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... -> ...aaaaaaaa'],
]
for (const [before, after, shown] of changes) {
  test(`changed: ${before.slice(0, 12)} to ${after.slice(0, 12)} ${before.length}`, (t) =>
    t.is(showChange(before, after), shown))
}

test('what is shown of any two values is short, different and one line', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (before, after) => {
      const shown = showChange(before, after)
      if (before === after) t.is(shown, undefined)
      else t.true(shown !== undefined && oneLine(shown).length < 1000 && !/[\n\r\u001b]/.test(oneLine(shown)))
    }),
    { numRuns: 300 },
  )
})

test('digests and times are cut to what tells them apart', (t) => {
  t.is(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`), 'sha256:0123456789ab')
  t.is(shortDigest('scratch'), 'scratch')
  t.is(showTime(1_700_000_000_999), '2023-11-14 22:13:20 UTC')
})
