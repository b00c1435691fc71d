import test from 'ava'
import { sanitize } from './sanitize.ts'

const rows: readonly (readonly [text: string, shown: string])[] = [
  ['plain \u00e9 \u{1f600}', 'plain \u00e9 \u{1f600}'],
  ['name \udcff\udc80', 'name \\xff\\x80'],
  ['\u{1f6ff}\udcff', '\u{1f6ff}\\xff'],
  ['\u001b[1mbold\u0007', 'bold'],
  ['10%\r100%\r', '100%'],
]
for (const [text, shown] of rows)
  test(`${JSON.stringify(text)} is shown as ${shown}`, (t) => t.is(sanitize(text), shown))
