import test from 'ava'
import fc from 'fast-check'
import { isObject, type JsonValue } from '../../shared/base/json.ts'
import { canonical, canonicalText, compareUtf8 } from './canonical.ts'
import { parseStrict, parseWithCanonical } from './strict-json.ts'

const limits = { what: 'root.json', maxBytes: 100_000, maxDepth: 8 }

function parse(source: string | Uint8Array): JsonValue {
  return parseStrict(Buffer.from(source), limits)
}

const refused: readonly [string, string | Uint8Array, RegExp][] = [
  ['nothing', '', /expected a value/],
  ['white space alone', ' ', /expected a value/],
  ['a name twice', '{"a":1,"a":1}', /the name "a" twice, at character 11/],
  ['a name twice, once escaped', '{"a":1,"\\u0061":2}', /the name "a" twice/],
  ['a name twice, out of order', '{"b":1,"c":2,"a":3,"c":4}', /the name "c" twice/],
  ['a name twice, deep down', '[{"x":{"b":1,"a":2,"b":3}}]', /the name "b" twice/],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}', /the name "__proto__" twice/],
  ['the empty name twice', '{"":1,"":2}', /the name "" twice/],
  ['two documents', '{}{}', /behind the document/],
  ['a zero byte behind it', '{}\0', /behind the document/],
  ['a byte order mark', '\uFEFF{}', /expected a value/],
  ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /not UTF-8/],
  ['an overlong slash', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), /not UTF-8/],
  ['half a surrogate pair in UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), /not UTF-8/],
  ['half a surrogate pair, escaped', '"\\ud800"', /half a surrogate pair/],
  ['the other half, escaped', '"\\udc00\\ud800"', /half a surrogate pair/],
  ['half a pair in a name', '{"\\ud83d":1}', /half a surrogate pair/],
  ['a fraction', '1.5', /1\.5 is no integer/],
  ['2^53', '9007199254740992', /no integer of at most/],
  ['2^53 + 1', '9007199254740993', /no integer of at most/],
  ['1e400', '1e400', /no integer of at most/],
  ['a number of 500 digits', '1'.repeat(500), /a number of 500 characters/],
  ['NaN', 'NaN', /expected a value/],
  ['Infinity', '-Infinity', /expected a value/],
  ['a hex number', '0x10', /behind the document/],
  ['a leading zero', '01', /behind the document/],
  ['a plus', '+1', /expected a value/],
  ['a lone minus', '-', /expected a value/],
  ['a comma too much in an object', '{"a":1,}', /expected a string/],
  ['a comma too much in an array', '[1,]', /expected a value/],
  ['a missing colon', '{"a" 1}', /expected :/],
  ['a missing comma', '{"a":1 "b":2}', /expected , or \}/],
  ['a missing comma in an array', '[1 2]', /expected , or \]/],
  ['an object without an end', '{"a":1', /expected , or \}/],
  ['the wrong bracket', '[1}', /expected , or \]/],
  ['a string without an end', '"abc', /no end/],
  ['a string that ends in an escape', '"abc\\', /or no end/],
  ['a string whose last quote is escaped', '"abc\\"', /or no end/],
  ['a bare newline', '"a\nb"', /bare control character/],
  ['a bare newline behind an escape', '"\\ta\nb"', /bare control character/],
  ['an unknown escape', '"\\x41"', /escape that JSON does not know/],
  ['a short escape', '"\\u12"', /escape that JSON does not know/],
  ['single quotes', "'a'", /expected a value/],
  ['a comment', '{/**/}', /expected a string/],
  ['True', 'True', /expected a value/],
  ['tru', 'tru', /expected a value/],
  ['nine arrays', '['.repeat(9) + ']'.repeat(9), /nested deeper than 8/],
  ['nine objects', '{"a":'.repeat(9), /nested deeper than 8/],
  ['a million brackets', '['.repeat(99_999), /nested deeper than 8/],
  ['one byte too much', ' '.repeat(100_001), /100001 bytes, more than 100000/],
  ['a form feed as white space', '{\f}', /expected a string/],
]
for (const [title, source, message] of refused) {
  test(`refused: ${title}`, (t) => {
    t.throws(() => parse(source), { code: 'METADATA_INVALID', message })
    t.throws(() => parse(source), { message: /^root\.json: / })
  })
}

const numbers: readonly [string, number][] = [
  ['0', 0],
  ['-0', 0],
  ['10.0', 10],
  ['1e3', 1000],
  ['1E+2', 100],
  ['100e-2', 1],
  ['-1', -1],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['-9007199254740991', Number.MIN_SAFE_INTEGER],
]
for (const [text, value] of numbers) {
  test(`the number ${text}`, (t) => {
    t.true(Object.is(parse(text), value))
    t.is(canonicalText(parse(text)), String(value))
  })
}

test('an object inherits no names', (t) => {
  const object = parse('{"__proto__":{"admin":true},"constructor":1}')
  if (!isObject(object)) return t.fail()
  t.is(object['admin'], undefined)
  t.is(object['toString'], undefined)
  t.deepEqual(Object.keys(object), ['__proto__', 'constructor'])
  t.is(parse('{}') instanceof Object, false)
})

test('what JSON.parse reads is what is read here', (t) => {
  const anything = fc.jsonValue({ maxDepth: 6, noUnicodeString: false }).filter(hasOnlyIntegers)
  fc.assert(
    fc.property(anything, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, undefined, space)
      const found = JSON.stringify(parseStrict(Buffer.from(text), { ...limits, maxBytes: 1e9 }))
      t.is(found, JSON.stringify(JSON.parse(text)))
    }),
    { numRuns: 500 },
  )
})

test('what is canonical is read as it was, and seen to be canonical', (t) => {
  const anything = fc.jsonValue({ maxDepth: 6 }).filter(hasOnlyIntegers)
  fc.assert(
    fc.property(anything, (value) => {
      const bytes = canonical(value as JsonValue)
      if (/[\u0000-\u001f]/.test(bytes.toString())) return // these stand bare in it, which no file may have
      const file = Buffer.from(`{"a":[], "signed":${bytes.toString()},"z":1.0}`)
      const parsed = parseWithCanonical(file, { ...limits, maxBytes: 1e9 }, 'signed')
      t.deepEqual(parsed.canonical, bytes)
      t.deepEqual(isObject(parsed.value) && canonical(parsed.value['signed'] ?? null), bytes)
    }),
    { numRuns: 500 },
  )
})

test('mutated bytes are read or refused, and what is seen as canonical is so', (t) => {
  const source = Buffer.from(
    '{"signatures":[{"sig":"a\\"b"}],"signed":{"A":-12,"~":"\u{1F600}\u00e9","é":{"x":[1,null,true]}}}',
  )
  const change = fc.record({ at: fc.nat(source.length - 1), byte: fc.integer({ min: 0, max: 255 }), cut: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = changes.reduce(mutate, source)
      try {
        const parsed = parseWithCanonical(bytes, limits, 'signed')
        if (isObject(parsed.value) && parsed.canonical !== undefined) {
          t.deepEqual(parsed.canonical, canonical(parsed.value['signed'] ?? null))
        }
        t.notThrows(() => JSON.parse(bytes.toString()))
      } catch (error) {
        t.is((error as { code?: string }).code, 'METADATA_INVALID', String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

function mutate(bytes: Buffer, { at, byte, cut }: { at: number; byte: number; cut: boolean }): Buffer {
  const middle = cut ? [] : [byte]
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), bytes.subarray(at + 1)])
}

const notCanonical = [
  '{"b":1,"a":2}',
  '{"a": 1}',
  '{"a":1 }',
  '[1, 2]',
  '{"a":10.0}',
  '{"a":1e3}',
  '{"a":-0}',
  '{"a":"\\u00e9"}',
  '{"a":"x\\/y"}',
  '{"a":"x\\ny"}',
  '{"a":"\\u003c"}',
  '{"\u{1F600}":4,"\uff5e":3}',
]
for (const text of notCanonical) {
  test(`not canonical as it stands: ${text}`, (t) => {
    const { canonical: found, value } = parseWithCanonical(Buffer.from(`{"signed":${text}}`), limits, 'signed')
    t.is(found, undefined)
    t.not(canonicalText(isObject(value) ? (value['signed'] ?? null) : null), text)
  })
}

test('names stand in the order of their UTF-8 bytes', (t) => {
  t.is(canonicalText({ '\u{1F600}': 4, '\uff5e': 3 }), '{"\uff5e":3,"\u{1F600}":4}')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      t.is(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 1000 },
  )
})

test('only quotes and backslashes are escaped', (t) => {
  t.is(canonicalText({ 'a"\\': 'é<>&\u2028\n' }), '{"a\\"\\\\":"é<>&\u2028\n"}')
  t.throws(() => canonical('\ud800'), { code: 'METADATA_INVALID' })
  for (const value of [1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => canonical({ value }), { code: 'METADATA_INVALID' })
  }
})

function hasOnlyIntegers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(hasOnlyIntegers)
}
