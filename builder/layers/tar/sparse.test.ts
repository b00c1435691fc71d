import test from 'ava'
import { unpack } from './testing/archives.ts'
import { archiveOf, base256, rawHeader, rawMember, rawPax } from './testing/raw.ts'

type Extents = readonly (readonly [offset: number, length: number])[]

const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`
const table = (extents: Extents): string => extents.map(([offset, length]) => octal(offset) + octal(length)).join('')

/** An old GNU sparse member: 4 extents in the header, 21 in each block after it. */
function oldGnu(size: number | Buffer, extents: Extents, content: Buffer): Buffer {
  const more = extents.slice(4)
  const blocks: Buffer[] = []
  for (let i = 0; i < more.length; i += 21) {
    const block = Buffer.alloc(512)
    block.write(table(more.slice(i, i + 21)), 'latin1')
    block[504] = i + 21 < more.length ? 1 : 0
    blocks.push(block)
  }
  const patch = {
    386: table(extents.slice(0, 4)),
    482: more.length > 0 ? '\x01' : '\0',
    483: typeof size === 'number' ? octal(size) : size,
  }
  const header = rawHeader({ name: 'f', type: 'S', magic: 'ustar  \0', size: content.length, patch })
  return Buffer.concat([header, ...blocks, padded(content)])
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}

/** A pax sparse 0.1 member. */
function pax01(size: number | string, map: string, content: Buffer): Buffer {
  return Buffer.concat([
    rawPax({ 'GNU.sparse.size': String(size), 'GNU.sparse.map': map }),
    rawMember({ name: 'f' }, content),
  ])
}

/** A pax sparse 1.0 member. */
function pax10(size: number | string, map: string, content: Buffer): Buffer {
  const records = {
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': 'f',
    'GNU.sparse.realsize': String(size),
  }
  return Buffer.concat([
    rawPax(records),
    rawMember({ name: 'GNUSparseFile.1/f' }, Buffer.concat([padded(Buffer.from(map)), content])),
  ])
}

/** The full content that extents with these bytes stand for. */
function expanded(size: number, extents: Extents, content: Buffer): Buffer {
  const full = Buffer.alloc(size)
  let at = 0
  for (const [offset, length] of extents) full.set(content.subarray(at, (at += length)), offset)
  return full
}

const content = Buffer.alloc(512 * 40, 'stored bytes ')
const cases: [title: string, size: number, extents: Extents][] = [
  ['no data at all', 70_000, []],
  ['a hole at both ends', 5000, [[1024, 1024]]],
  [
    'data at both ends',
    100_000,
    [
      [0, 512],
      [99_000, 1000],
    ],
  ],
  [
    'neighbours and empty extents',
    3000,
    [
      [0, 512],
      [512, 512],
      [2048, 0],
      [3000, 0],
    ],
  ],
  ['more extents than a header holds', 200_000, Array.from({ length: 30 }, (_, i) => [i * 5000, 512] as const)],
]

for (const [title, size, extents] of cases) {
  test(`expands ${title}`, async (t) => {
    const stored = content.subarray(
      0,
      extents.reduce((sum, [, length]) => sum + length, 0),
    )
    const flat = extents.flat()
    const archives = [
      oldGnu(size, extents, stored),
      pax01(size, flat.join(','), stored),
      pax10(size, `${extents.length}\n${flat.map((number) => `${number}\n`).join('')}`, stored),
    ]
    for (const archive of archives) {
      for (const piece of [333, 1 << 16]) {
        const [file, next] = await unpack(archiveOf(archive, rawMember({ name: 'next' }, 'next')), { piece })
        t.like(file?.entry, { path: 'f', type: 'file', size, dataOffset: -1 })
        t.deepEqual(file?.content, expanded(size, extents, stored))
        t.is(String(next?.content), 'next', 'what follows is found')
      }
    }
  })
}

test('a sparse 0.0 map is gathered from repeated records', async (t) => {
  const numbers = [0, 512, 2048, 512].map(
    (number, i) => `GNU.sparse.${i % 2 === 0 ? 'offset' : 'numbytes'}=${number}\n`,
  )
  const text = ['GNU.sparse.size=4096\n', 'GNU.sparse.numblocks=2\n', ...numbers]
    .map((line) => `${line.length + 3} ${line}`)
    .join('')
  const [file] = await unpack(archiveOf(rawPax(text), rawMember({ name: 'f' }, content.subarray(0, 1024))))
  t.deepEqual(
    file?.content,
    expanded(
      4096,
      [
        [0, 512],
        [2048, 512],
      ],
      content,
    ),
  )
})

test('a sparse file that is not read is passed over', async (t) => {
  const archive = archiveOf(
    oldGnu(9000, cases[4]?.[2].slice(0, 1) ?? [], content.subarray(0, 512)),
    pax10(9000, '1\n0\n512\n', content.subarray(0, 512)),
    rawMember({ name: '.wh.x' }),
  )
  t.deepEqual(
    (await unpack(archive)).map(({ entry }) => entry.type),
    ['file', 'file', 'whiteout'],
  )
})

const bytes = content.subarray(0, 1024)
const empty = (count: number): Extents => Array.from({ length: count }, () => [1, 0] as const)
const refusals: [title: string, code: string, archive: Buffer][] = [
  ['extents out of order', 'ARCHIVE_INVALID', pax01(9000, '2048,512,0,512', bytes)],
  ['extents that overlap', 'ARCHIVE_INVALID', pax01(9000, '0,512,256,512', bytes)],
  ['an extent beyond the size', 'ARCHIVE_INVALID', pax01(900, '0,1024', bytes)],
  ['less stored than mapped', 'ARCHIVE_INVALID', pax01(9000, '0,2048', bytes)],
  ['more stored than mapped', 'ARCHIVE_INVALID', pax01(9000, '0,512', bytes)],
  ['an odd map', 'ARCHIVE_INVALID', pax01(9000, '0,1024,2048', bytes)],
  ['a negative offset', 'ARCHIVE_INVALID', pax01(9000, '-1,1024', bytes)],
  ['no size', 'ARCHIVE_INVALID', pax01('', '0,1024', bytes)],
  [
    'an unknown version',
    'ARCHIVE_INVALID',
    archiveOf(rawPax({ 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0' }), rawMember({})),
  ],
  ['offsets before lengths', 'ARCHIVE_INVALID', archiveOf(rawPax('25 GNU.sparse.numbytes=1\n'), rawMember({}))],
  ['a map that is no number', 'ARCHIVE_INVALID', pax10(9000, '1\nx\n1024\n', bytes)],
  ['a map without lines', 'ARCHIVE_INVALID', pax10(9000, '1'.repeat(600), bytes)],
  [
    'a map longer than what is stored',
    'ARCHIVE_INVALID',
    pax10(9000, `999999999\n${'1\n'.repeat(5000)}`, Buffer.alloc(0)),
  ],
  ['a map beyond the cap', 'ARCHIVE_UNSAFE', pax10(9000, `999999999\n${'1\n'.repeat(700_000)}`, Buffer.alloc(0))],
  [
    'old extents out of order',
    'ARCHIVE_INVALID',
    oldGnu(
      9000,
      [
        [2048, 512],
        [0, 512],
      ],
      bytes,
    ),
  ],
  ['an old map with a huge size', 'ARCHIVE_UNSAFE', oldGnu(base256(0x40, 0, 0, 0, 0, 0, 0, 0), [[0, 1024]], bytes)],
  ['an old map of 50 000 extents', 'ARCHIVE_UNSAFE', oldGnu(9000, empty(50_000), bytes)],
  ['an old map that is cut', 'ARCHIVE_INVALID', oldGnu(9000, empty(50), bytes).subarray(0, 600)],
  ['holes of 2 TiB', 'ARCHIVE_UNSAFE', pax01(2 ** 41, '0,1024', bytes)],
  ['holes of 100 GiB', 'ARCHIVE_UNSAFE', pax01(100 * 2 ** 30, '0,1024', bytes)],
]

for (const [title, code, archive] of refusals) {
  test(`refuses ${title}: ${code}`, async (t) => {
    await t.throwsAsync(unpack(archive), { code })
  })
}
