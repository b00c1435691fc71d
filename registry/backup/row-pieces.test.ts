import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { blobOf, parsePiece, type RowPiece, rowPieces } from './row-pieces.ts'

async function* pages(rows: readonly Row[], size = 7): AsyncGenerator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}

async function piecesOf(rows: readonly Row[]): Promise<RowPiece[]> {
  const pieces: RowPiece[] = []
  for await (const piece of rowPieces(pages(rows))) pieces.push(piece)
  return pieces
}

function parseAll(pieces: readonly RowPiece[]): Row[] {
  let last: string | undefined
  return pieces.flatMap(({ bytes }) => {
    const rows = parsePiece(bytes, last)
    last = rows.at(-1)?.key
    return rows
  })
}

/** As many as real registries have, each some 150 bytes. */
function manyRows(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `tag team/app-${String(i).padStart(7, '0')} latest`,
    value: `{"digest":"${digestOf(String(i))}"}`,
  }))
}

test('whatever the rows are, they come back', async (t) => {
  const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(key, fc.string({ unit: 'binary', maxLength: 40 }), { noNullPrototype: true }),
      async (map) => {
        const rows = Object.keys(map)
          .sort(byBytes)
          .map((each) => ({ key: each, value: map[each] ?? '' }))
        t.deepEqual(parseAll(await piecesOf(rows)), rows)
      },
    ),
    { numRuns: 200 },
  )
})

test('uploads and what is about to go are left out', async (t) => {
  const rows = ['doomed sha256:0', 'tag a b', 'upload 1', 'uploader', 'x'].map((key) => ({ key, value: '1' }))
  const kept = parseAll(await piecesOf(rows)).map(({ key }) => key)
  t.deepEqual(kept, ['tag a b', 'uploader', 'x'])
})

test('of many rows of which one changes, most pieces are what they were', async (t) => {
  const rows = manyRows(20_000)
  const before = await piecesOf(rows)
  t.true(before.length > 8, `${before.length} pieces`)
  const changed = rows.toSpliced(
    10_000,
    1,
    { key: 'tag team/app-0010000 latest', value: 'other' },
    { key: 'tag team/app-0010000 new', value: '1' },
  )
  const known = new Set(before.map(({ bytes }) => digestOf(bytes)))
  const fresh = (await piecesOf(changed)).filter(({ bytes }) => !known.has(digestOf(bytes)))
  t.is(fresh.length, 1)
})

test('no piece is larger than it may be, unless by a single row', async (t) => {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    key: `k ${String(i).padStart(2, '0')}`,
    value: 'x'.repeat(400_000),
  }))
  const pieces = await piecesOf(rows)
  t.true(pieces.length > 2)
  for (const { bytes } of pieces) t.true(bytes.byteLength <= 4 * 2 ** 20)
})

for (const [title, text, pattern] of [
  ['nothing that is JSON', 'x\n', /is no row/],
  ['an object', '{"key":"a","value":"b"}\n', /is no row/],
  ['a number for a value', '["a",1]\n', /is no row/],
  ['no value', '["a"]\n', /is no row/],
  ['a key without end', `["${'k'.repeat(5000)}",""]\n`, /is no row/],
  ['a row of an upload', '["upload 1","{}"]\n', /is no row/],
  ['a row that dooms bytes', '["doomed sha256:0","true"]\n', /is no row/],
  ['a row twice', '["a",""]\n["a",""]\n', /not in order, or come twice/],
  ['rows in another order', '["b",""]\n["a",""]\n', /not in order/],
  ['a row of the piece before', '["a",""]\n', /not in order/],
] as const) {
  test(`refused in a piece: ${title}`, (t) => {
    const after = title.endsWith('before') ? 'a' : undefined
    t.throws(() => parsePiece(Buffer.from(text), after), { code: 'BACKUP_INVALID', message: pattern })
  })
}

test('rows name blobs by digests that are some', (t) => {
  const digest = digestOf('x')
  t.deepEqual(blobOf({ key: `blob ${digest}`, value: '{"size":5,"at":1}' }), { digest, size: 5 })
  for (const key of ['blob ../../etc', 'blob sha256:x', `link a ${digest}`, `blobs ${digest}`])
    t.is(blobOf({ key, value: '{"size":5,"at":1}' }), undefined, key)
  for (const value of ['', '{}', '{"size":-1,"at":1}', '{"size":"5","at":1}', '{"size":1e300,"at":1}'])
    t.is(blobOf({ key: `blob ${digest}`, value }), undefined, value)
})
