import test from 'ava'
import fc from 'fast-check'
import { isObject, type JsonValue, stringifySorted } from '../../shared/base/json.ts'
import { parseYaml } from '../../shared/config/yaml-text.ts'
import { policyData } from './policy-data.ts'
import { fullPolicy } from './testing/full-policy.ts'
import { policyIn, read } from './testing/read.ts'

type Path = readonly (string | number)[]

const full = dataOf(fullPolicy)

/** Each member and element of a document, however deep. */
function placesIn(value: JsonValue, path: Path = []): Path[] {
  const members: [string | number, JsonValue][] = Array.isArray(value)
    ? value.map((one: JsonValue, i) => [i, one])
    : isObject(value)
      ? Object.entries(value)
      : []
  return members.flatMap(([key, one]) => [[...path, key], ...placesIn(one, [...path, key])])
}

function replaced(value: JsonValue, [key, ...rest]: Path, by: JsonValue): JsonValue {
  if (key === undefined) return by
  const inner = Object.entries(value ?? {}).map(([name, one]: [string, JsonValue]): [string, JsonValue] => [
    name,
    name === String(key) ? replaced(one, rest, by) : one,
  ])
  return Array.isArray(value) ? inner.map(([, one]) => one) : Object.fromEntries(inner)
}

function dataOf(text: string): JsonValue {
  const parsed = parseYaml(text)
  return 'value' in parsed ? (parsed.value as JsonValue) : null
}

function textOf(path: Path): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .slice(1)
}

for (const [what, value] of [
  ['nothing', null],
  ['lists in a list', [[[1]]]],
  ['true', true],
  ['a map', { odd: { odd: 1 } }],
] as const)
  test(`${what} in place of any value is a problem there`, (t) => {
    for (const path of placesIn(full)) {
      const found = read(JSON.stringify(replaced(full, path, value)))
      const paths = 'problems' in found ? found.problems.map((problem) => problem.path) : []
      t.true(
        paths.some((one) => one.startsWith(textOf(path))),
        `${textOf(path)}: ${paths.join(', ')}`,
      )
    }
  })

test('a letter more in any key is a problem', (t) => {
  for (const path of placesIn(full)) {
    const key = path.at(-1)
    if (typeof key !== 'string' || key.includes('.')) continue
    const text = JSON.stringify(full).replaceAll(`"${key}":`, `"${key}s":`)
    t.true('problems' in read(text), key)
  }
})

test('what is read after any change is written and read as the same', (t) => {
  const anyPath = fc.constantFrom(...placesIn(full))
  const anyWord = fc.constantFrom('none', 'regex', 'glob', 'keep', 'delete', '0', '1d', '5%', 'a', '.*', 'pulled', '*')
  const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.nat(40), anyWord)
  fc.assert(
    fc.property(fc.array(fc.tuple(anyPath, anyValue), { maxLength: 3 }), (changes) => {
      const text = JSON.stringify(
        changes.reduce((data, [path, value]) => replaced(data, path, value as JsonValue), full),
      )
      const found = read(text)
      if ('problems' in found) return found.problems.length > 0
      const data = policyData(found.policy)
      return stringifySorted(policyData(policyIn(JSON.stringify(data)))) === stringifySorted(data)
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('no text makes the reader fail', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (noise) => {
      const found = read(`version: 1\npolicies:\n  - id: ${noise}`)
      return 'policy' in found || found.problems.length > 0
    }),
    { numRuns: 300 },
  )
  t.pass()
})
