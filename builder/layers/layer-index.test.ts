import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import test from 'ava'
import * as fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { comparePaths, type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import { decodeBlock } from './index-block.ts'
import { encodeLayerIndex, trailerSize } from './index-encode.ts'
import { decodeTable, decodeTrailer } from './index-table.ts'
import { compareRecords, isWithin, type LayerIndex } from './index-types.ts'
import { indexOf, openLayerIndex, parseLayerIndex } from './layer-index.ts'
import { blankEntry } from './testing/entries.ts'

const component = fc.constantFrom('a', 'b', 'c', 'a.b', 'a-', '\xff', 'long-name-'.repeat(12), 'é')
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const bytes = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b))
const xattrs = fc
  .dictionary(fc.constantFrom('user.x', 'security.capability', 'trusted.\xfe'), bytes, { maxKeys: 2 })
  .map((values) => new Map(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))))

const entry: fc.Arbitrary<LayerEntry> = fc
  .record({
    path,
    type: fc.constantFrom('file', 'dir', 'symlink', 'char', 'fifo', 'whiteout', 'hardlink'),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    gid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    mtime: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    text: path,
    size: fc.integer({ min: 0, max: 2 ** 52 }),
    dev: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    xattrs,
    flag: fc.boolean(),
    content: bytes,
  })
  .map((r) => {
    const isFile = r.type === 'file'
    const isLink = r.type === 'symlink' || r.type === 'hardlink'
    return blankEntry(r.path, r.type, {
      mode: r.mode,
      uid: r.uid,
      gid: r.gid,
      mtime: r.mtime,
      linkname: isLink ? r.text : '',
      size: isFile ? r.size : 0,
      dataOffset: isFile && r.flag ? r.size : -1,
      digest: isFile ? digestOf(r.content, r.flag ? 'sha256' : 'sha512') : undefined,
      devMajor: r.type === 'char' ? r.dev : 0,
      devMinor: r.type === 'char' ? r.dev % 256 : 0,
      opaque: r.type === 'dir' && r.flag,
      xattrs: r.xattrs,
    })
  })

/** Sorted records that can be one layer: nothing double, nothing inside a file. */
const layer = fc.array(entry, { maxLength: 120 }).map((entries) => {
  const kept = new Map<string, LayerEntry>()
  for (const e of entries) {
    const key = `${e.type === 'whiteout'} ${e.path}`
    const blocked = [...kept.values()].some(
      (k) => !['dir', 'whiteout'].includes(k.type) && isWithin(k.path, e.path) && k.path !== e.path,
    )
    const blocks = e.type !== 'dir' && [...kept.values()].some((k) => k.path !== e.path && isWithin(e.path, k.path))
    if (!kept.has(key) && !blocked && (!blocks || e.type === 'whiteout')) kept.set(key, e)
  }
  return [...kept.values()].sort(compareRecords)
})

function withFile<T>(content: Uint8Array, use: (file: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'index-'))
  try {
    writeFileSync(join(dir, 'i'), content)
    return use(join(dir, 'i'))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function expectedChildren(records: readonly LayerEntry[], dir: LayerPath): string[] {
  const inside = records.filter((r) => r.path !== dir && isWithin(dir, r.path))
  const start = dir === '' ? 0 : dir.length + 1
  return [...new Set(inside.map((r) => r.path.slice(start).split('/')[0] ?? ''))]
}

test('an index says of every path what a map says', (t) => {
  fc.assert(
    fc.property(layer, fc.array(path, { maxLength: 10 }), (records, others) => {
      const entries = new Map(records.filter((r) => r.type !== 'whiteout').map((r) => [r.path, r]))
      const whiteouts = new Set(records.filter((r) => r.type === 'whiteout').map((r) => r.path))
      const index = withFile(encodeLayerIndex(records), (file) => openLayerIndex(file))
      t.deepEqual([...index.entries()], records)
      const parents = records.map((r) => parentOf(r.path))
      for (const p of new Set(['', ...others, ...parents, ...records.map((r) => r.path)])) {
        const facts = index.find(p)
        const inside = records.some((r) => r.path !== p && isWithin(p, r.path))
        t.deepEqual(facts.entry, entries.get(p))
        t.deepEqual(index.lookup(p), entries.get(p))
        t.is(facts.whiteout, whiteouts.has(p))
        t.is(facts.implicit, inside && !entries.has(p))
        t.deepEqual(
          [...index.subtree(p)],
          records.filter((r) => isWithin(p, r.path)),
        )
        t.deepEqual([...index.children(p)], expectedChildren(records, p))
      }
      const dirs = new Set(records.flatMap((r) => ancestors(r.path)).filter((p) => !entries.has(p)))
      t.deepEqual([...index.implicitDirs], [...dirs].sort(comparePaths))
    }),
    { numRuns: 40, seed: 7 },
  )
})

function ancestors(path: LayerPath): LayerPath[] {
  const parent = parentOf(path)
  return parent === '' ? [] : [...ancestors(parent), parent]
}

function manyFiles(count: number): LayerEntry[] {
  const names = Array.from({ length: count }, (_, i) => `d${i % 50}/file-${i}`)
  return names.map((p) => blankEntry(p, 'file', { digest: digestOf(p), size: 7 })).sort(compareRecords)
}

test('a large index is read in blocks and finds the first, the last and the missing', (t) => {
  const records = manyFiles(20_000)
  const encoded = encodeLayerIndex(records)
  withFile(encoded, (file) => {
    const index = openLayerIndex(file)
    t.is(index.totals.entries, 20_000)
    t.is(index.totals.bytes, 140_000)
    for (const r of [records[0], records[9999], records.at(-1)]) t.deepEqual(index.lookup(r?.path ?? ''), r)
    t.is(index.lookup('d1/file'), undefined)
    t.is([...index.children('d7')].length, 400)
    t.is(index.find('d7').implicit, true)
  })
})

test('an opaque mark without an entry makes its directory implicit and opaque', (t) => {
  const index = parseLayerIndex(encodeLayerIndex([blankEntry('d', 'whiteout', { opaque: true })]))
  t.deepEqual(index.find('d'), { entry: undefined, whiteout: false, opaque: true, implicit: true })
  t.deepEqual([...index.implicitDirs], ['d'])
})

test('links that leave the layer, and targets inside it, are listed', (t) => {
  const records = [
    blankEntry('a', 'hardlink', { linkname: 'z' }),
    blankEntry('b', 'hardlink', { linkname: 'elsewhere' }),
    blankEntry('z', 'file'),
  ]
  const index = parseLayerIndex(encodeLayerIndex(records))
  t.deepEqual([...index.foreignLinks], ['elsewhere'])
  t.deepEqual([...index.linkTargets], ['z'])
})

for (const [name, records] of Object.entries({
  'out of order': [blankEntry('b', 'file'), blankEntry('a', 'file')],
  double: [blankEntry('a', 'file'), blankEntry('a', 'dir')],
  'inside a file': [blankEntry('a', 'file'), blankEntry('a/b', 'file')],
  'inside a symlink': [blankEntry('a', 'symlink', { linkname: 'c' }), blankEntry('a/b', 'whiteout')],
  'two marks': [blankEntry('a', 'whiteout', { opaque: true }), blankEntry('a', 'dir')],
})) {
  test(`records that cannot be one layer are refused: ${name}`, (t) => {
    t.throws(() => encodeLayerIndex(records), { code: 'INDEX_INVALID' })
  })
}

function readAll(index: LayerIndex): unknown {
  return [[...index.entries()], index.totals, [...index.implicitDirs], [...index.foreignLinks], [...index.linkTargets]]
}

test('a damaged index is refused, wherever the damage is', (t) => {
  const good = encodeLayerIndex(manyFiles(600))
  const damage = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }))
  fc.assert(
    fc.property(damage, ([at, mask]) => {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ mask
      const error = t.throws(() => readAll(parseLayerIndex(bad)))
      t.true(isIbuildError(error, 'INDEX_INVALID'), `${error?.stack}`)
    }),
    { numRuns: 200, seed: 3, examples: [[[0, 1]], [[good.length - 1, 1]], [[good.length - 20, 255]]] },
  )
})

test('a cut or extended index is refused', (t) => {
  const good = encodeLayerIndex(manyFiles(300))
  for (const length of [0, 1, 31, 32, 100, good.length - 1]) {
    t.throws(() => readAll(parseLayerIndex(good.subarray(0, length))), { code: 'INDEX_INVALID' }, `${length} bytes`)
  }
  t.throws(() => parseLayerIndex(Buffer.concat([good, Buffer.alloc(1)])), { code: 'INDEX_INVALID' })
  t.throws(() => openLayerIndex('/nonexistent/index'), { code: 'INDEX_INVALID' })
})

/** Damage whose checksums are right: an index that somebody made up. */
const edits = fc.array(fc.tuple(fc.nat(100_000), fc.nat(255)), { minLength: 1, maxLength: 4 })

function edited(good: Buffer, changes: readonly (readonly [number, number])[]): Buffer {
  const bad = Buffer.from(good)
  for (const [at, value] of changes) bad[at % bad.length] = value
  return bad
}

function invalidOrFine(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    return isIbuildError(error, 'INDEX_INVALID')
  }
}

test('a made-up index is read or refused, and never breaks the program', (t) => {
  const xattrs = new Map([['user.a', Buffer.from('b')]])
  const records = [
    blankEntry('a', 'symlink', { linkname: 'b' }),
    blankEntry('b', 'char', { devMajor: 1, devMinor: 3 }),
    blankEntry('c', 'dir', { xattrs, opaque: true }),
    ...manyFiles(5),
    blankEntry('e', 'hardlink', { linkname: 'f' }),
  ].sort(compareRecords)
  const good = encodeLayerIndex(records)
  const trailer = decodeTrailer(good.subarray(-trailerSize), good.length)
  const table = good.subarray(trailer.blockBytes, good.length - trailerSize)
  fc.assert(
    fc.property(edits, (changes) => {
      const block = edited(good.subarray(0, trailer.blockBytes), changes)
      const readBlock = (): void => {
        const decoded = decodeBlock(block, records.length)
        for (const i of decoded.paths.keys()) decoded.entry(i)
      }
      const bad = edited(table, changes)
      t.true(invalidOrFine(readBlock))
      t.true(invalidOrFine(() => decodeTable(bad, { ...trailer, tableCrc: crc32(bad) }).lists()))
    }),
    { numRuns: 300, seed: 11 },
  )
})

test('names that would not fit into memory are refused while the index is made', (t) => {
  const long = Array.from({ length: 16 }, () => 'n'.repeat(250)).join('/')
  function* links(): Generator<LayerEntry> {
    for (let i = 0; i < 17_000; i++) {
      yield blankEntry(`link-${String(i).padStart(6, '0')}`, 'hardlink', { linkname: `${i}/${long}` })
    }
  }
  t.throws(() => encodeLayerIndex(links()), { instanceOf: IbuildError, code: 'LAYER_TOO_LARGE' })
  function* implied(): Generator<LayerEntry> {
    for (let i = 0; i < 2500; i++) yield blankEntry(`${String(i).padStart(6, '0')}/${long}`, 'fifo')
  }
  t.throws(() => encodeLayerIndex(implied()), { instanceOf: IbuildError, code: 'LAYER_TOO_LARGE' })
})

test('hardlinks of many blocks: those with an entry, those to a whiteout only, those to nothing', (t) => {
  const names = Array.from({ length: 3000 }, (_, i) => `files/${String(i).padStart(5, '0')}`)
  const records = names.flatMap((path, i) => {
    const [whiteout, file] = [blankEntry(path, 'whiteout'), blankEntry(path, 'fifo')]
    return [[whiteout], [file], [whiteout, file], []][i % 4] ?? []
  })
  const links = names.map((linkname, i) => blankEntry(`links/${String(i).padStart(5, '0')}`, 'hardlink', { linkname }))
  const index = indexOf([...records, ...links])
  t.deepEqual(
    [...index.linkTargets],
    names.filter((_, i) => i % 4 === 1 || i % 4 === 2),
  )
  t.deepEqual(
    [...index.foreignLinks],
    names.filter((_, i) => i % 4 === 0 || i % 4 === 3),
  )
})
