import test from 'ava'
import { findDuplicateKey } from './duplicate-keys.ts'

for (const [text, name] of [
  ['{}', undefined],
  ['{"a":1,"b":2}', undefined],
  ['{"a":1,"a":2}', 'a'],
  ['{"a" \n:1, "\\u0061"\t: 2}', 'a'],
  ['{"a":{"a":1},"b":[{"a":1},{"a":1}]}', undefined],
  ['{"x":{"a":1,"b":{"a":1},"a":2}}', 'a'],
  ['{"a":"a","b":"a"}', undefined],
  ['{"a":["a","a"]}', undefined],
  ['{"a\\"":1,"a":2,"a\\\\":3}', undefined],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"a":"}{\\"a\\":1","b":1}', undefined],
  ['["a","a"]', undefined],
  ['"a"', undefined],
] as const) {
  test(`twice in ${JSON.stringify(text)}`, (t) => t.is(findDuplicateKey(text), name))
}

test('a text of megabytes takes no long time', (t) => {
  const annotations = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key-${i}`, 'x'.repeat(60)]))
  t.is(findDuplicateKey(JSON.stringify({ annotations })), undefined)
})
