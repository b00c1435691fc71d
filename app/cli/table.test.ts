import test from 'ava'
import { cutText, formatTable, textWidth } from './table.ts'

const widths: [text: string, width: number][] = [
  ['', 0],
  ['plain', 5],
  ['né', 2],
  ['ne\u0301', 2],
  ['日本', 4],
  ['한국어', 6],
  ['ｗｉｄｅ', 8],
  ['🐳', 2],
  ['a\u200bb', 2],
  ['→', 1],
]
for (const [text, width] of widths)
  test(`${JSON.stringify(text)} takes ${width} places`, (t) => t.is(textWidth(text), width))

const cuts: [text: string, width: number, cut: string][] = [
  ['fits', 4, 'fits'],
  ['too long', 6, 'too...'],
  ['日本語です', 8, '日本...'],
  ['日本語', 6, '日本語'],
]
for (const [text, width, cut] of cuts) test(`${text} in ${width} places`, (t) => t.is(cutText(text, width), cut))

test('columns stand below each other whatever the letters', (t) => {
  t.is(
    formatTable([
      ['日本', 'x'],
      ['abc', 'y'],
    ]),
    '日本   x\nabc    y\n',
  )
})

test('one column is cut so that lines fit, but not below twenty places', (t) => {
  const rows = [
    ['ID', 'TEXT', 'SIZE'],
    ['1', 'word '.repeat(20).trim(), '5B'],
  ]
  const lines = (width: number | undefined): string[] => formatTable(rows, { flexible: 1, width }).split('\n')
  t.deepEqual(
    lines(40).map((line) => line.length),
    [40, 38, 0],
  )
  t.regex(lines(40)[1] ?? '', /^1 {4}word .*\.\.\. {3}5B$/)
  t.is(lines(5)[1]?.length, 2 + 3 + 20 + 3 + 2)
  t.is(lines(undefined)[1]?.length, 2 + 3 + 99 + 3 + 2)
  t.is(lines(500)[1]?.length, 2 + 3 + 99 + 3 + 2)
})
