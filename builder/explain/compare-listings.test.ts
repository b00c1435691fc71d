import test from 'ava'
import fc from 'fast-check'
import { parseListing } from '../copy/listing.ts'
import { compareListings, type FileChange } from './compare-listings.ts'

type Fields = [
  path: string,
  type?: string,
  mode?: string,
  owner?: string,
  device?: string,
  content?: string,
  link?: string,
  attributes?: string,
]

const line = ([
  path,
  type = 'file',
  mode = '644',
  owner = '0:0',
  device = '',
  content = 'x',
  link = '',
  attributes = '',
]: Fields): string => `${[path, type, mode, owner, device, content, link, attributes].join('\0')}\0\n`
const listing = (...entries: Fields[]): string => `dir\n${entries.map(line).join('')}`

const rows: [what: string, before: Fields, after: Fields, change: FileChange[]][] = [
  ['nothing', ['a'], ['a'], []],
  [
    'content',
    ['a', 'file', '644', '0:0', '', 'x'],
    ['a', 'file', '644', '0:0', '', 'y'],
    [{ path: 'a', change: 'content' }],
  ],
  ['mode', ['a', 'file', '644'], ['a', 'file', '4755'], [{ path: 'a', change: 'mode', before: '0644', after: '4755' }]],
  ['a mode that one key leaves out', ['a', 'file', ''], ['a', 'file', '755'], []],
  [
    'owner',
    ['a', 'file', '644', '0:0'],
    ['a', 'file', '644', '1:0'],
    [{ path: 'a', change: 'owner', before: '0:0', after: '1:0' }],
  ],
  ['an owner that one key leaves out', ['a', 'file', '644', ''], ['a', 'file', '644', '1:0'], []],
  ['type', ['a', 'dir'], ['a', 'fifo'], [{ path: 'a', change: 'type', before: 'dir', after: 'fifo' }]],
  [
    'device',
    ['a', 'char', '', '', '1:2', ''],
    ['a', 'char', '', '', '1:3', ''],
    [{ path: 'a', change: 'device', before: '1:2', after: '1:3' }],
  ],
  [
    'a link',
    ['a', 'symlink', '', '', '', 'x'],
    ['a', 'symlink', '', '', '', '\xc3\xa4'],
    [{ path: 'a', change: 'link target', before: 'x', after: 'ä' }],
  ],
  ['names', ['a', 'file', '', '', '', 'x', '0'], ['a', 'file', '', '', '', 'x', '1'], [{ path: 'a', change: 'names' }]],
  [
    'attributes',
    ['a', 'file', '', '', '', 'x', '', 'a=00'],
    ['a', 'file', '', '', '', 'x', '', 'a=01'],
    [{ path: 'a', change: 'attributes' }],
  ],
  [
    'another path',
    ['a'],
    ['b'],
    [
      { path: 'a', change: 'removed' },
      { path: 'b', change: 'added' },
    ],
  ],
  [
    'a path with a line feed',
    ['a\nb'],
    ['a\nc'],
    [
      { path: 'a\nb', change: 'removed' },
      { path: 'a\nc', change: 'added' },
    ],
  ],
]
for (const [what, before, after, change] of rows) {
  test(`compared: ${what}`, (t) => {
    const compared = compareListings([listing(['0'], before, ['z'])], [listing(['0'], after, ['z'])])
    t.deepEqual(compared, { files: change, fileCount: change.length })
  })
}

test('a listing gives back its entries, whatever is in their names', (t) => {
  const name = fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.array(name, { maxLength: 8 }), fc.integer({ min: 4, max: 60 }), (names, length) => {
      const entries = names.map((path): Fields => [path])
      const pieces = listing(...entries).match(new RegExp(`[^]{1,${length}}`, 'g')) ?? []
      t.deepEqual(
        Array.from(parseListing(pieces), ({ path }) => path),
        names,
      )
    }),
    { numRuns: 200 },
  )
})

test('damaged text is no error', (t) => {
  const good = listing(['a'], ['b'])
  fc.assert(
    fc.property(fc.nat(good.length), fc.string({ maxLength: 5 }), (at, put) => {
      t.true(compareListings([good], [good.slice(0, at) + put]).fileCount >= 0)
    }),
    { numRuns: 200 },
  )
})

test('of many changes the first are kept, one of each other kind, and their number', (t) => {
  const paths = Array.from({ length: 3000 }, (_, i) => `f${String(i).padStart(4, '0')}`)
  const before = listing(...paths.slice(0, 2).map((path): Fields => [path]), ['z'])
  const after = listing(...paths.map((path): Fields => [path]), ['z', 'dir'])
  const { files, fileCount } = compareListings([before], [after])
  t.is(fileCount, 2999)
  t.deepEqual(files.at(0), { path: 'f0002', change: 'added' })
  t.deepEqual(files.at(-1), { path: 'z', change: 'type', before: 'file', after: 'dir' })
  t.is(files.length, 1001)
})
