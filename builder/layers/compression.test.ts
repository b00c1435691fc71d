import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../../e2e/testing/needs.ts'
import { runOk } from '../../e2e/testing/run.ts'
import { type Compression, type DecompressOptions, decompress, detectCompression } from './compression.ts'
import { collect, inPieces } from './tar/testing/archives.ts'

const noise = Buffer.concat(Array.from({ length: 1000 }, (_, i) => createHash('sha256').update(String(i)).digest()))
const mixed = Buffer.concat([noise, Buffer.alloc(300_000), noise.subarray(0, 1000), Buffer.alloc(5000, 'abcabc ')])

async function program(name: string, args: string[], input: Uint8Array): Promise<Buffer> {
  return (await runOk(name, args, { input })).bytes
}

interface Packer {
  readonly title: string
  readonly compression: Compression
  /** The program that it needs. */
  readonly program?: string
  readonly pack: (bytes: Uint8Array) => Promise<Buffer>
}

const packers: readonly Packer[] = [
  { title: 'gzip', compression: 'gzip', pack: async (bytes) => gzipSync(bytes) },
  { title: 'zstd', compression: 'zstd', pack: async (bytes) => zstdCompressSync(bytes) },
  ...['-19', '--no-check', '--long=27'].map((option) => byProgram('zstd', [option, '-q'], 'zstd')),
  ...['-1', '-9'].map((level) => byProgram('bzip2', [level], 'bzip2')),
  ...['-9', '--check=crc32', '--check=none', '--block-size=50000'].map((option) => byProgram('xz', [option], 'xz')),
]

function byProgram(name: string, args: string[], compression: Compression): Packer {
  return { title: [name, ...args].join(' '), compression, program: name, pack: (bytes) => program(name, args, bytes) }
}

async function unpacked(bytes: Uint8Array, options: DecompressOptions & { piece?: number } = {}): Promise<Buffer> {
  return Buffer.concat(await collect(decompress(inPieces(bytes, options.piece ?? 60_000), options)))
}

for (const { title, compression, pack, ...packer } of packers) {
  const declare: (title: string, run: (t: ExecutionContext) => Promise<void>) => void =
    packer.program === undefined ? test : needs(test, packer.program)

  declare(`${title}: what was packed comes out, whatever the pieces`, async (t) => {
    for (const bytes of [mixed, Buffer.alloc(0), Buffer.from('x')]) {
      const packed = await pack(bytes)
      t.is(detectCompression(packed), compression)
      for (const piece of [997, 1 << 20]) t.true((await unpacked(packed, { piece })).equals(bytes))
    }
    const small = Buffer.from('a few bytes')
    t.deepEqual(await unpacked(await pack(small), { piece: 1 }), small)
  })

  declare(`${title}: several members are one stream`, async (t) => {
    const parts = [mixed, Buffer.from('second'), Buffer.alloc(0), noise]
    const packed = Buffer.concat(await Promise.all(parts.map(pack)))
    for (const piece of [1009, 1 << 20]) t.true((await unpacked(packed, { piece })).equals(Buffer.concat(parts)))
  })

  declare(`${title}: damage is ARCHIVE_INVALID`, async (t) => {
    const packed = await pack(mixed)
    const two = Buffer.concat([packed, packed])
    for (const length of [7, 20, packed.length >> 1, packed.length - 1, packed.length + 10, two.length - 5]) {
      await t.throwsAsync(unpacked(two.subarray(0, length)), { code: 'ARCHIVE_INVALID' }, `cut to ${length}`)
    }
    await t.throwsAsync(unpacked(Buffer.concat([packed, Buffer.from('garbage behind')])), { code: 'ARCHIVE_INVALID' })
    // Without a checksum a changed byte of plain content cannot be seen.
    if (title.includes('no-check') || title.includes('none') || title === 'zstd') return
    const flipped = Buffer.from(packed)
    flipped.writeUInt8(flipped.readUInt8(packed.length >> 1) ^ 1, packed.length >> 1)
    await t.throwsAsync(unpacked(flipped), { code: 'ARCHIVE_INVALID' })
  })

  declare(`${title}: caps hold`, async (t) => {
    const packed = await pack(Buffer.alloc(4_000_000))
    await t.throwsAsync(unpacked(packed, { maxBytes: 3_999_999 }), { code: 'ARCHIVE_UNSAFE' })
    await t.throwsAsync(unpacked(packed, { maxRatio: 20 }), { code: 'ARCHIVE_UNSAFE' })
    t.is((await unpacked(packed, { maxBytes: 4_000_000, maxRatio: 1_000_000 })).length, 4_000_000)
  })

  declare(`${title}: the source is closed when reading stops early, and its errors pass`, async (t) => {
    const packed = await pack(noise)
    for (const end of ['stop', 'fail'] as const) {
      const log = { closed: false }
      const reading = async (): Promise<void> => {
        for await (const piece of decompress(repeated(packed, { end, log })))
          if (end === 'stop' && piece.length > 0) break
      }
      if (end === 'stop') await reading()
      else await t.throwsAsync(reading, { message: 'the disk is gone' })
      t.true(log.closed, end)
    }
  })
}

/** A member again and again, without end or up to a failure. */
async function* repeated(
  packed: Buffer,
  { end, log }: { end: 'stop' | 'fail'; log: { closed: boolean } },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let i = 0; ; i++) {
      if (end === 'fail' && i === 3) throw new Error('the disk is gone')
      yield packed
    }
  } finally {
    log.closed = true
  }
}

test('what is not compressed passes as it is, with the caps', async (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('x'), Buffer.from('BZ'), mixed]) {
    t.true((await unpacked(bytes, { piece: 3000 })).equals(bytes))
  }
  await t.throwsAsync(unpacked(mixed, { maxBytes: 1000 }), { code: 'ARCHIVE_UNSAFE' })
})

test('the first bytes tell the compression', (t) => {
  const table: [Compression, number[]][] = [
    ['gzip', [0x1f, 0x8b, 0x08, 0, 0, 0]],
    ['none', [0x1f, 0x8b]],
    ['none', [0x1f, 0x9d, 0x90, 0, 0, 0]],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['zstd', [0x5e, 0x2a, 0x4d, 0x18]],
    ['none', [0x28, 0xb5, 0x2f, 0xfc, 0, 0]],
    ['bzip2', [0x42, 0x5a, 0x68, 0x39, 0, 0]],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
    ['none', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
    ['none', []],
  ]
  for (const [compression, bytes] of table) t.is(detectCompression(Uint8Array.from(bytes)), compression)
})

test('zstd frames that hold no data are passed over, wherever they stand', async (t) => {
  const skippable = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('xyz')])
  const frame = zstdCompressSync(mixed)
  const packed = Buffer.concat([skippable, frame, skippable, skippable, frame, skippable])
  for (const piece of [1, 5000]) t.true((await unpacked(packed, { piece })).equals(Buffer.concat([mixed, mixed])))
})

needs(test, 'xz')('an xz check that is not known is refused, not ignored', async (t) => {
  await t.throwsAsync(unpacked(await program('xz', ['--check=sha256'], mixed)), { code: 'ARCHIVE_INVALID' })
})

needs(test, 'xz')('two xz streams at once', async (t) => {
  const packed = await program('xz', [], mixed)
  const both = await Promise.all([unpacked(packed, { piece: 100 }), unpacked(packed, { piece: 100 })])
  for (const bytes of both) t.true(bytes.equals(mixed))
})
