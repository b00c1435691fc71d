import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import test from 'ava'
import fc from 'fast-check'
import { needs } from '../../../e2e/testing/needs.ts'
import { runOk } from '../../../e2e/testing/run.ts'
import { collect, inPieces } from '../tar/testing/archives.ts'
import { type CompressionChoice, compressionLevels } from './choice.ts'
import { type CompressOptions, compress } from './compress.ts'

const gzip: CompressionChoice = { format: 'gzip', level: 6 }
const zstd: CompressionChoice = { format: 'zstd', level: 3 }

async function compressed(bytes: Uint8Array, choice: CompressionChoice, options?: CompressOptions): Promise<Buffer> {
  return Buffer.concat(await collect(compress(inPieces(bytes, 300_001), choice, options)))
}

const decompressSync = { gzip: gunzipSync, zstd: zstdDecompressSync }

/** Text that shrinks, noise that does not, and zeros, the same on every machine. */
function sample(length: number): Buffer {
  const parts: Buffer[] = []
  for (let i = 0, made = 0; made < length; i++) {
    const noise = createHmac('sha512', 'sample').update(String(i)).digest()
    const part = [noise, Buffer.from(noise.toString('hex').repeat(20)), Buffer.alloc(noise[0] ?? 0)][i % 3] ?? noise
    parts.push(part)
    made += part.length
  }
  return Buffer.concat(parts).subarray(0, length)
}

const large = sample(9_500_000)

/** Digests by the version of the library inside Node, which decides them. */
const golden = JSON.parse(
  readFileSync(new URL('../../../testdata/deterministic/compressed.json', import.meta.url), 'utf8'),
) as Record<string, string>

for (const choice of [gzip, { format: 'gzip', level: 9 }, zstd, { format: 'zstd', level: 19 }] as const) {
  const { format, level } = choice
  test(`${format} of level ${level}: the same bytes for 1, 2 and 8 threads, and as ever`, async (t) => {
    const version = process.versions[format === 'gzip' ? 'zlib' : 'zstd'] ?? ''
    const digests = await Promise.all(
      [1, 2, 8].map(async (threads) =>
        createHash('sha256')
          .update(await compressed(large, choice, { threads }))
          .digest('hex'),
      ),
    )
    t.is(new Set(digests).size, 1)
    const known = golden[`${process.arch} ${format} ${version} level ${level}`]
    if (known === undefined) t.log(`no golden digest for ${process.arch} ${format} ${version}: ${digests[0]}`)
    else t.is(digests[0], known)
  })
}

const mebibyte = 1 << 20
for (const length of [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 4 * mebibyte, 4 * mebibyte + 1]) {
  test(`${length} bytes come back`, async (t) => {
    const bytes = large.subarray(0, length)
    for (const choice of [gzip, zstd])
      t.true(decompressSync[choice.format](await compressed(bytes, choice)).equals(bytes), choice.format)
  })
}

test('the pieces in which bytes come do not matter, and every level comes back', async (t) => {
  const choices = (['gzip', 'zstd'] as const).flatMap((format) => {
    const { least, most } = compressionLevels[format]
    return Array.from({ length: Math.min(most, 15) - least + 1 }, (_, i) => ({ format, level: least + i }))
  })
  const bytes = large.subarray(0, 1_200_000)
  for (const choice of choices)
    t.true(decompressSync[choice.format](await compressed(bytes, choice)).equals(bytes), JSON.stringify(choice))
  const whole = await compressed(bytes, gzip)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 40_000, max: 1_300_000 }), async (size) =>
      Buffer.concat(await collect(compress(inPieces(bytes, size), gzip))).equals(whole),
    ),
    { numRuns: 8 },
  )
})

test('a block that repeats the one before costs next to nothing: it is its dictionary', async (t) => {
  const noise = large.subarray(0, 16_384)
  const filler = Buffer.alloc(mebibyte - noise.length)
  const once = await compressed(Buffer.concat([filler, noise]), gzip)
  const twice = await compressed(Buffer.concat([filler, noise, noise]), gzip)
  t.true(twice.length - once.length < 300, `${twice.length - once.length} bytes`)
})

test('the header says neither time, name nor system', async (t) => {
  t.deepEqual([...(await compressed(Buffer.from('x'), gzip)).subarray(0, 10)], [31, 139, 8, 0, 0, 0, 0, 0, 0, 255])
})

needs(
  test,
  'gzip',
  'zstd',
)('the programs gzip and zstd read it', async (t) => {
  for (const choice of [gzip, zstd]) {
    const input = await compressed(large, choice)
    t.true((await runOk(choice.format, ['-dc'], { input })).bytes.equals(large))
  }
})

/** Counts what was taken, and tells when it is closed. */
async function* endless(log: { pieces: number; closed: boolean }, failAt = Number.POSITIVE_INFINITY) {
  try {
    for (; log.pieces < failAt; log.pieces++) yield large.subarray(0, mebibyte)
    throw new Error('the disk is gone')
  } finally {
    log.closed = true
  }
}

for (const choice of [gzip, zstd]) {
  const { format } = choice
  const blocks = format === 'gzip' ? 1 : 4

  test(`${format}: a reader that waits makes the source wait, one that stops closes it`, async (t) => {
    const log = { pieces: 0, closed: false }
    const stream = compress(endless(log), choice, { threads: 2 })
    for (let i = 0; i < 3; i++) await stream.next()
    const taken = log.pieces
    await new Promise((resolve) => setTimeout(resolve, 30))
    t.is(log.pieces, taken)
    t.true(taken <= 6 * blocks, `${taken} MiB for three pieces`)
    await stream.return()
    t.true(log.closed)
  })

  test(`${format}: errors of the source pass`, async (t) => {
    const log = { pieces: 0, closed: false }
    await t.throwsAsync(collect(compress(endless(log, 10), choice)), { message: 'the disk is gone' })
    t.true(log.closed)
  })

  test(`${format}: it can be aborted, before and on the way`, async (t) => {
    const log = { pieces: 0, closed: false }
    const before = AbortSignal.abort(new Error('never'))
    await t.throwsAsync(collect(compress(endless(log), choice, { signal: before })), { message: 'never' })
    t.is(log.pieces, 0)
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 20)
    const pieces = collect(compress(endless(log), choice, { signal: controller.signal }))
    await t.throwsAsync(pieces, { message: 'enough' })
    t.true(log.closed)
  })
}
