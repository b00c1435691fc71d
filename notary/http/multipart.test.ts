import test from 'ava'
import fc from 'fast-check'
import { PublishError } from '../service/publish-error.ts'
import { boundaryOf, readParts } from './multipart.ts'
import { boundary, formOf } from './testing/served.ts'

const type = (rest: string): string => `multipart/form-data; ${rest}`

test('a boundary is read as clients write it', (t) => {
  t.is(boundaryOf(type('boundary=abc')), 'abc')
  t.is(boundaryOf('Multipart/Form-Data;boundary="a b:c"'), 'a b:c')
  t.is(boundaryOf(type('charset=utf-8; boundary=abc')), 'abc')
  for (const wrong of [
    undefined,
    '',
    'application/json',
    'multipart/form-data',
    type('boundary='),
    type('boundary=""'),
    type(`boundary=${'a'.repeat(71)}`),
    'multipart/mixed; boundary=a',
    'text/plain; x=multipart/form-data; boundary=a',
  ])
    t.throws(() => boundaryOf(wrong), { instanceOf: PublishError, message: /Content-Type/ }, wrong)
})

test('what clients write is read: any bytes, in that order', (t) => {
  const parts = fc.array(fc.tuple(fc.stringMatching(/^[a-z/._-]{1,20}$/), fc.uint8Array({ maxLength: 200 })), {
    maxLength: 8,
  })
  fc.assert(
    fc.property(parts, (wanted) => {
      const read = readParts(formOf(wanted).body, boundary, 100)
      t.deepEqual(
        read.map(({ filename, content }) => [filename, Buffer.from(content)]),
        wanted.map(([name, content]) => [name, Buffer.from(content)]),
      )
    }),
    { numRuns: 200 },
  )
})

test('whatever is changed of an upload is read or refused, and nothing else happens', (t) => {
  const body = formOf([
    ['root', '{"signed":{}}'],
    ['targets/releases', 'x'.repeat(50)],
  ]).body
  const change = fc.tuple(fc.nat({ max: body.length }), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 20 }))
  fc.assert(
    fc.property(change, ([at, cut, more]) => {
      const changed = Buffer.concat([body.subarray(0, at), Buffer.from(more), body.subarray(at + cut)])
      try {
        for (const { content } of readParts(changed, boundary, 3)) t.true(content.length <= changed.length)
      } catch (error) {
        t.true(error instanceof PublishError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

const part = (headers: string, content = 'x'): string => `--${boundary}\r\n${headers}\r\n\r\n${content}\r\n`
const end = `--${boundary}--\r\n`
const file = 'Content-Disposition: form-data; name="files"; filename="root"'

for (const [what, text, problem] of [
  ['nothing', '', /begin/],
  ['garbage', 'x'.repeat(1000), /begin/],
  ['another boundary', `--x\r\n${file}\r\n\r\nx\r\n--x--\r\n`, /begin/],
  ['no end', part(file), /breaks off/],
  ['half a part', `--${boundary}\r\n${file}`, /breaks off/],
  ['no end of headers', `--${boundary}\r\n${file}\r\nx\r\n${end}`, /end of its headers/],
  ['headers without end', part(`${file}\r\nX: ${'x'.repeat(9000)}`) + end, /end of its headers/],
  ['a line that is no header', part(`${file}\r\nnothing`) + end, /header/],
  ['two names', part(`${file}\r\n${file}`) + end, /two headers/],
  ['no form data', part('Content-Disposition: attachment; filename="root"') + end, /form data/],
  ['no disposition', part('Content-Type: text/plain') + end, /form data/],
  ['an encoding', part(`${file}\r\nContent-Transfer-Encoding: quoted-printable`) + end, /encoded/],
  ['more behind the end', `${part(file)}${end}x`, /after its end/],
  ['more in the line of a boundary', `--${boundary}x\r\n${file}\r\n\r\nx\r\n${end}`, /line/],
  ['too many parts', part(file).repeat(4) + end, /more than 3/],
] as const) {
  test(`an upload with ${what} is refused`, (t) => {
    const error = t.throws(() => readParts(Buffer.from(text), boundary, 3), {
      instanceOf: PublishError,
      message: problem,
    })
    t.is(error?.code, 'MALFORMED_UPLOAD')
  })
}

test('names may be written without quotes, or with escapes in them', (t) => {
  const read = (name: string): unknown =>
    readParts(Buffer.from(part(`content-disposition: form-data; filename=${name}; name=x`) + end), boundary, 1).map(
      ({ filename }) => filename,
    )
  t.deepEqual(read('root'), ['root'])
  t.deepEqual(read(String.raw`"a\"b"`), ['a"b'])
  t.deepEqual(read('""'), [''])
})

test('headers made to be hard to read keep nobody busy', (t) => {
  const blanks = ' '.repeat(8000)
  const read = readParts(Buffer.from(part(`X:${blanks}c\nb\r\n${file}`) + end), boundary, 3)
  t.deepEqual(
    read.map(({ filename }) => filename),
    ['root'],
  )
})
