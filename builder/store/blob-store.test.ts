import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { digestOf, parseDigest } from '../../shared/base/digest.ts'
import { type BlobStore, createBlobStore } from './blob-store.ts'

interface Fixture {
  readonly store: BlobStore
  readonly dir: string
  /** Names of files in the folder for temporary files. */
  readonly left: () => string[]
  readonly file: (content: string) => string
}

function fixture(t: ExecutionContext): Fixture {
  const dir = mkdtempSync(path.join(tmpdir(), 'blobs-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  for (const name of ['sha256', 'sha512', 'tmp']) mkdirSync(path.join(dir, name))
  let n = 0
  const temporary = (): string => path.join(dir, 'tmp', `f${n++}`)
  const file = (content: string): string => {
    const name = temporary()
    writeFileSync(name, content)
    return name
  }
  return { store: createBlobStore(dir, { temporary }), dir, left: () => readdirSync(path.join(dir, 'tmp')), file }
}

async function* pieces(...parts: readonly (string | Error)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield Buffer.from(part)
  }
}

test('bytes and streams are stored under their digest', async (t) => {
  const { store, left } = fixture(t)
  t.deepEqual(await store.put(Buffer.from('hello')), { digest: digestOf('hello'), size: 5 })
  t.deepEqual(await store.put(pieces('he', '', 'llo!')), { digest: digestOf('hello!'), size: 6 })
  t.deepEqual(await store.put(pieces()), { digest: digestOf(''), size: 0 })
  t.is(readFileSync(store.path(digestOf('hello!')), 'utf8'), 'hello!')
  t.deepEqual(new Set(store.list()), new Set(['hello', 'hello!', ''].map((part) => digestOf(part))))
  t.deepEqual(store.stat(digestOf('hello')), { digest: digestOf('hello'), size: 5 })
  t.deepEqual(left(), [])
})

test('sha512 is used when it is expected', async (t) => {
  const { store } = fixture(t)
  const digest = digestOf('x', 'sha512')
  for (const source of [Buffer.from('x'), pieces('x')]) {
    t.is((await store.put(source, { expected: { digest } })).digest, digest)
    t.true(store.remove(digest))
  }
  await store.put(Buffer.from('x'), { expected: { digest } })
  t.is(store.readVerified(digest, 10).toString(), 'x')
  t.deepEqual(store.list(), [digest])
})

const wrong: readonly [string, { digest?: ReturnType<typeof digestOf>; size?: number }][] = [
  ['another digest', { digest: digestOf('other') }],
  ['more bytes', { size: 6 }],
  ['fewer bytes', { size: 4 }],
  ['right digest, wrong size', { digest: digestOf('hello'), size: 4 }],
]
for (const [title, expected] of wrong) {
  test(`refused and forgotten: ${title}`, async (t) => {
    const { store, left } = fixture(t)
    await t.throwsAsync(store.put(pieces('he', 'llo'), { expected }), { code: 'DIGEST_MISMATCH' })
    await t.throwsAsync(store.put(Buffer.from('hello'), { expected }), { code: 'DIGEST_MISMATCH' })
    t.deepEqual(store.list(), [])
    t.deepEqual(left(), [])
  })
}

test('a stream that is too long is stopped, not read to its end', async (t) => {
  const { store } = fixture(t)
  let read = 0
  async function* endless(): AsyncIterable<Uint8Array> {
    for (;;) {
      read++
      yield Buffer.alloc(1000)
    }
  }
  await t.throwsAsync(store.put(endless(), { expected: { size: 2500 } }), { code: 'DIGEST_MISMATCH', message: /2500/ })
  t.is(read, 3)
})

test('a source that fails leaves nothing', async (t) => {
  const { store, left } = fixture(t)
  await t.throwsAsync(store.put(pieces('he', new Error('connection lost'))), { message: 'connection lost' })
  t.deepEqual([...store.list(), ...left()], [])
})

test('a blob that is there is kept, also when the same comes again or twice at once', async (t) => {
  const { store, left, file } = fixture(t)
  await Promise.all([store.put(pieces('hello')), store.put(pieces('hel', 'lo')), store.put(Buffer.from('hello'))])
  const { ino } = statSync(store.path(digestOf('hello')))
  await store.put(pieces('hello'))
  await store.adopt(file('hello'), digestOf('hello'))
  await store.link(file('hello'), digestOf('hello'))
  t.is(statSync(store.path(digestOf('hello'))).ino, ino)
  t.is(left().length, 1, 'adopt takes the file, link leaves it')
})

test('a file is adopted, or linked', async (t) => {
  const { store, file } = fixture(t)
  const [adopted, linked] = [file('adopted'), file('linked')]
  await store.adopt(adopted, digestOf('adopted'))
  await store.link(linked, digestOf('linked'))
  t.false(existsSync(adopted))
  t.true(existsSync(linked))
  t.is(await text(store.open(digestOf('adopted'))), 'adopted')
  t.is(await text(store.open(digestOf('linked'))), 'linked')
})

test('a part can be read', async (t) => {
  const { store } = fixture(t)
  const { digest } = await store.put(Buffer.from('0123456789'))
  const rows: readonly [{ start?: number; end?: number }, string][] = [
    [{}, '0123456789'],
    [{ start: 3 }, '3456789'],
    [{ end: 3 }, '012'],
    [{ start: 2, end: 5 }, '234'],
    [{ start: 5, end: 5 }, ''],
    [{ start: 9, end: 100 }, '9'],
    [{ start: 10 }, ''],
    [{ start: 0, end: 0 }, ''],
  ]
  for (const [range, expected] of rows) t.is(await text(store.open(digest, range)), expected, JSON.stringify(range))
})

test('missing content is an error when read, and false when removed', async (t) => {
  const { store } = fixture(t)
  const digest = digestOf('missing')
  t.throws(() => store.readVerified(digest, 10), { code: 'STORE_INVALID', message: /is missing/ })
  await t.throwsAsync(text(store.open(digest)), { code: 'ENOENT' })
  t.false(store.has(digest))
  t.false(store.remove(digest))
  t.is(store.stat(digest), undefined)
})

test('damaged and oversized content is not handed out', async (t) => {
  const { store } = fixture(t)
  const { digest } = await store.put(Buffer.from('hello'))
  t.throws(() => store.readVerified(digest, 4), { code: 'STORE_INVALID', message: /more than 4/ })
  writeFileSync(store.path(digest), 'hallo')
  t.throws(() => store.readVerified(digest, 10), { code: 'STORE_INVALID', message: /damaged/ })
})

test('files that are no blobs are not listed', async (t) => {
  const { store, dir } = fixture(t)
  writeFileSync(path.join(dir, 'sha256', 'README'), '')
  writeFileSync(path.join(dir, 'sha256', 'A'.repeat(64)), '')
  t.deepEqual(store.list(), [])
})

test('whatever the pieces, the digest is that of the whole', async (t) => {
  const { store } = fixture(t)
  const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(chunks, async (parts) => {
      async function* source(): AsyncIterable<Uint8Array> {
        yield* parts
      }
      const whole = Buffer.concat(parts)
      const { digest, size } = await store.put(source())
      t.is(digest, parseDigest(`sha256:${createHash('sha256').update(whole).digest('hex')}`))
      t.is(size, whole.length)
      t.deepEqual(store.readVerified(digest, 10_000), whole)
    }),
    { numRuns: 50 },
  )
})
