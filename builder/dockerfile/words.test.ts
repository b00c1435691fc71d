import test from 'ava'
import fc from 'fast-check'
import { splitBlank, splitQuoted, trimSpace } from './words.ts'

const rows: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['  ', []],
  ['a b', ['a', 'b']],
  ['  a\tb\u00a0c ', ['a', 'b', 'c']],
  ['"a b" c', ['"a b"', 'c']],
  [`a='b c'd e`, [`a='b c'd`, 'e']],
  ['a\\ b c', ['a\\ b', 'c']],
  ['"a\\" b" c', ['"a\\" b"', 'c']],
  [`'a\\' b'`, [`'a\\'`, `b'`]],
  ['a\\', ['a']],
  ['\\', []],
  ['"a\\', ['"a']],
  [`'a\\`, [`'a\\`]],
  ['""', ['""']],
  ['"open a', ['"open a']],
  ['\\"a b', ['\\"a', 'b']],
]

for (const [text, words] of rows) {
  test(`splitQuoted ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(splitQuoted(text, '\\'), words)
  })
}

test('only blanks split without quotes', (t) => {
  t.deepEqual(splitBlank('a  b\t"c d"\u00a0e'), ['a', 'b', '"c', 'd"\u00a0e'])
  t.deepEqual(splitBlank(''), [])
})

test('trimming removes Unicode white space, not the byte order mark', (t) => {
  t.is(trimSpace('\u2003\u0085 a b \n\u00a0'), 'a b')
  t.is(trimSpace('\ufeffa'), '\ufeffa')
  t.is(trimSpace(' \t '), '')
})

test('words without quotes and escapes are the text split at white space', (t) => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\t', '=', '$') })
  fc.assert(fc.property(text, (value) => t.deepEqual(splitQuoted(value, '\\'), value.split(/[ \t]+/).filter(Boolean))))
})
