import test from 'ava'
import fc from 'fast-check'
import {
  arrayOf,
  asArray,
  asBoolean,
  asInteger,
  asObject,
  asString,
  asStringMap,
  type JsonPlace,
  type JsonValue,
  optional,
  orderKeys,
  parseJson,
  placeOf,
  required,
  stringifySorted,
} from './json.ts'

const place: JsonPlace = { code: 'MANIFEST_INVALID', path: 'manifest' }
const what = 'document'

const refused: readonly [string, Uint8Array | string, RegExp][] = [
  ['nothing', '', /not JSON/],
  ['two values', '{}{}', /not JSON/],
  ['a byte order mark', '\uFEFF{}', /not JSON/],
  ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /not JSON/],
  ['a bare control character in a string', '"\n"', /not JSON/],
  ['NaN', 'NaN', /not JSON/],
  ['65 arrays', `${'['.repeat(65)}${']'.repeat(65)}`, /nested deeper than 64/],
  ['65 objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, /nested deeper than 64/],
  ['a million open brackets', '['.repeat(1_000_000), /nested deeper than 64/],
  ['one byte too much', JSON.stringify('x'.repeat(4 * 1024 * 1024)), /more than 4194304/],
]
for (const [title, source, message] of refused) {
  test(`refused: ${title}`, (t) => {
    t.throws(() => parseJson(source, { what }), { code: 'JSON_INVALID', message })
  })
}

test('depth counts what is open, not brackets, and not those in strings', (t) => {
  t.notThrows(() => parseJson(`${'['.repeat(64)}${']'.repeat(64)}`, { what }))
  t.is(asArray(parseJson(`[${'[],'.repeat(100)}[]]`, { what }), place).length, 101)
  t.is(parseJson(JSON.stringify('[{'.repeat(100)), { what }), '[{'.repeat(100))
  t.is(parseJson(JSON.stringify('"\\'.repeat(100)), { what, maxDepth: 0 }), '"\\'.repeat(100))
  t.throws(() => parseJson('{}', { what, maxDepth: 0 }), { code: 'JSON_INVALID' })
})

test('the size is that of the bytes, not of the characters', (t) => {
  t.throws(() => parseJson('"é"', { what, maxBytes: 3 }), { message: /4 bytes of JSON, more than 3/ })
  t.is(parseJson('"é"', { what, maxBytes: 4 }), 'é')
})

test('a member called __proto__ is a member like others', (t) => {
  const object = asObject(parseJson('{"__proto__": {"admin": true}, "a": "b"}', { what }), place)
  t.is(object['admin'], undefined)
  t.deepEqual(Object.keys(orderKeys(object, ['a'])), ['a', '__proto__'])
  t.is(stringifySorted(object), '{"__proto__":{"admin":true},"a":"b"}')
  t.is(optional({}, 'constructor', place, asObject), undefined)
})

test('what JSON.parse reads is what we read', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 10 }), (text) => {
      t.deepEqual(parseJson(text, { what }), JSON.parse(text) as JsonValue)
    }),
    { numRuns: 500 },
  )
})

type Guard = (value: JsonValue, place: JsonPlace) => unknown
const guards: readonly [string, Guard, JsonValue, JsonValue[]][] = [
  ['asObject', asObject, {}, [null, [], 'a', 1, true]],
  ['asArray', asArray, [], [null, {}, 'a', 1, true]],
  ['asString', asString, '', [null, {}, [], 1, true]],
  ['asBoolean', asBoolean, false, [null, {}, [], 1, 'true', 0]],
  ['asInteger', asInteger, -1, [null, {}, [], '1', 1.5, 2 ** 53, Number.POSITIVE_INFINITY, true]],
  ['asStringMap', asStringMap, { a: 'b' }, [null, [], { a: 1 }, { a: null }]],
  ['arrayOf(asString, 2)', arrayOf(asString, 2), ['a'], [null, {}, [1], ['a', 'b', 'c']]],
]
for (const [name, guard, good, bad] of guards) {
  test(`${name} takes one kind of value only`, (t) => {
    t.deepEqual(guard(good, place), good)
    for (const value of bad) t.throws(() => guard(value, place), { code: 'MANIFEST_INVALID', message: /^manifest/ })
  })
}

const guard: Guard = (value, at) => required(asObject(value, at), 'a', at, arrayOf(asStringMap))

test('an error tells the way to the value', (t) => {
  t.throws(() => guard({ a: [{}, { k: 3 }] }, place), {
    message: 'manifest.a[1].k: expected a string, found the number 3',
  })
  t.throws(() => guard({}, place), { message: 'manifest.a: is missing' })
  t.throws(() => guard({ a: null }, place), { message: 'manifest.a: is missing' })
  const { code, path } = placeOf(placeOf(place, 'a'), 0)
  t.deepEqual([code, path], ['MANIFEST_INVALID', 'manifest.a[0]'])
})

test('equal values have one sorted text', (t) => {
  t.is(stringifySorted({ b: [{ d: 1, c: null }], a: 'x' }), '{"a":"x","b":[{"c":null,"d":1}]}')
})
