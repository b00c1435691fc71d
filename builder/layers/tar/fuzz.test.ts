import test from 'ava'
import * as fc from 'fast-check'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { readTar } from './read.ts'
import { anyPacked, pack, unpack } from './testing/archives.ts'
import { archiveOf, base256, rawHeader, rawMember, rawPax } from './testing/raw.ts'

/** Small enough that no archive here makes much work. */
const limits = { file: 1 << 20, total: 1 << 22, holes: 1 << 21 }

/** True when reading ends, well or with an error of the archive. */
async function ends(bytes: Buffer, piece: number): Promise<boolean> {
  try {
    await unpack(bytes, { piece, limits })
    return true
  } catch (error) {
    if (isIbuildError(error, 'ARCHIVE_INVALID', 'ARCHIVE_UNSAFE')) return true
    throw error
  }
}

/** One of each dialect, for the mutations to start from. */
const dialects = archiveOf(
  rawPax({ comment: 'all', uid: '7' }, 'g'),
  rawPax({ path: 'a/b', mtime: '-1.5', 'SCHILY.xattr.user.x': 'y', 'LIBARCHIVE.xattr.user.z': 'AAAA' }),
  rawMember({}, 'content'),
  rawMember({ type: 'L' }, `${'long/'.repeat(50)}x\0`),
  rawMember({ type: 'K' }, `${'link/'.repeat(50)}x\0`),
  rawMember({ type: '1' }),
  rawPax({ 'GNU.sparse.size': '9000', 'GNU.sparse.map': '0,512,4096,512' }),
  rawMember({ name: 'sparse' }, Buffer.alloc(1024, 'x')),
  rawPax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9000' }),
  rawMember({ name: 'sparse' }, Buffer.concat([Buffer.from('1\n0\n512\n'.padEnd(512, '\0')), Buffer.alloc(512, 'x')])),
  rawMember(
    { name: 'old', type: 'S', magic: 'ustar  \0', patch: { 386: '00000000000\x0000000001000\0', 483: '00000010000' } },
    Buffer.alloc(512, 'x'),
  ),
  rawMember({ name: 'd/.wh.gone' }),
  rawMember({ name: 'd/.wh..wh..opq' }),
  rawMember({ name: 'dev', type: '3', devMajor: 5 }),
  rawMember({ name: 'base256', uid: Buffer.from([0x80, 0, 0, 0, 1, 2, 3, 4]), mtime: base256(1, 2, 3, 4, 5) }, 'y'),
)

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('set'), at: position, value: fc.nat(255) }),
  fc.record({ kind: fc.constantFrom('cut', 'repeat', 'zero', 'drop'), at: position, value: fc.nat(4000) }),
)

function mutate(bytes: Buffer, { kind, at, value }: { kind: string; at: number; value: number }): Buffer {
  const place = Math.floor(at * bytes.length)
  const block = place - (place % 512)
  switch (kind) {
    case 'set':
      return Buffer.concat([bytes.subarray(0, place), Buffer.of(value), bytes.subarray(place + 1)])
    case 'cut':
      return bytes.subarray(0, place)
    case 'repeat':
      return Buffer.concat([bytes.subarray(0, place), bytes.subarray(block)])
    case 'zero':
      return Buffer.concat([bytes.subarray(0, place), Buffer.alloc(value), bytes.subarray(place + value)])
    default:
      return Buffer.concat([bytes.subarray(0, block), bytes.subarray(block + 512)])
  }
}

/** Makes the checksum of each block right that looks like a header, so that mutations get past it. */
function repaired(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const block = copy.subarray(at, at + 512)
    if (block.toString('latin1', 257, 262) !== 'ustar') continue
    block.fill(0x20, 148, 156)
    block.write(
      `${block
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
  }
  return copy
}

test('mutated archives are read or refused', async (t) => {
  const start = fc.oneof(fc.constant(dialects), fc.array(anyPacked, { minLength: 1, maxLength: 4 }).map(pack))
  await fc.assert(
    fc.asyncProperty(
      start,
      fc.array(mutation, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (bytes, mutations, repair) => {
        const mutated = mutations.reduce(mutate, bytes)
        t.true(await ends(repair ? repaired(mutated) : mutated, 4096))
      },
    ),
    { numRuns: 2000 },
  )
})

test('random bytes are read or refused', async (t) => {
  const block = fc.uint8Array({ minLength: 512, maxLength: 512 }).map((bytes) => Buffer.from(bytes))
  const headed = block.map((bytes) => {
    bytes.write('ustar', 257)
    return repaired(bytes)
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(block, headed), { maxLength: 6 }), async (blocks) => {
      t.true(await ends(Buffer.concat(blocks), 1000))
    }),
    { numRuns: 1000 },
  )
})

/** Gives `part(0)`, `part(1)` ... for ever, and counts the bytes that were asked for. */
function endless(part: (i: number) => Buffer): { source: AsyncIterable<Uint8Array>; asked: () => number } {
  let asked = 0
  async function* parts(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let i = 0; ; i++) {
      const bytes = part(i)
      asked += bytes.length
      yield bytes
    }
  }
  return { source: parts(), asked: () => asked }
}

const zeros = Buffer.alloc(1 << 16)
const longName = rawMember({ type: 'L' }, 'name\0')
const mebibyte = 1 << 20

/** Streams without end: how much of each may be read before it is refused. */
const endlessStreams: [title: string, part: (i: number) => Buffer, most: number][] = [
  ['long names before a member', () => longName, mebibyte],
  ['global headers before a member', (i) => rawPax({ [`key${i}`]: 'x' }, 'g'), mebibyte],
  [
    'global headers that add up',
    (i) => (i % 2 === 0 ? rawPax({ [`key${i}`]: 'x'.repeat(100_000) }, 'g') : rawMember({})),
    3 * mebibyte,
  ],
  [
    'a file of 2^62 bytes',
    (i) => (i === 0 ? rawHeader({ size: base256(0x40, 0, 0, 0, 0, 0, 0, 0) }) : zeros),
    mebibyte,
  ],
  [
    'a pax header of 10 GiB',
    (i) => (i === 0 ? rawHeader({ type: 'x', size: base256(2, 0x80, 0, 0, 0) }) : zeros),
    mebibyte,
  ],
  [
    'a file whose pax size is 10 TiB',
    (i) => (i === 0 ? Buffer.concat([rawPax({ size: '10995116277760' }), rawHeader({})]) : zeros),
    mebibyte,
  ],
  [
    'extension blocks of a sparse file',
    (i) =>
      i === 0
        ? rawHeader({ type: 'S', patch: { 482: '\x01' } })
        : Buffer.concat([Buffer.alloc(504, '1'), Buffer.alloc(8, 1)]),
    4 * mebibyte,
  ],
  ['members', (i) => rawMember({ name: `f${i}` }), 100 * mebibyte],
]

for (const [title, part, most] of endlessStreams) {
  test(`gives up on ${title} without end`, async (t) => {
    const { source, asked } = endless(part)
    const before = process.memoryUsage().rss
    await t.throwsAsync(
      async () => {
        for await (const member of readTar(source, { limits: { entries: 100_000 } }))
          if (member.kind === 'opaque') break
      },
      { code: 'ARCHIVE_UNSAFE' },
    )
    t.true(asked() <= most, `${asked()} bytes were read`)
    t.true(process.memoryUsage().rss - before < 200 * mebibyte)
  })
}
