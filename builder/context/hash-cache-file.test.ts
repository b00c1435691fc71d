import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as fc from 'fast-check'
import { ownOwner } from '../../shared/cas/owner.ts'
import { compareMet } from '../layers/entry.ts'
import { temporaryDir } from '../layers/testing/temporary.ts'
import { blockRecords, type HashRecord } from './hash-block.ts'
import { openHashFile, type RecordPlace, writeHashFile } from './hash-cache-file.ts'

const path = fc.stringMatching(/^[^\0/]{1,6}(\/[^\0/]{1,6}){0,2}$/).map((text) => Buffer.from(text).toString('latin1'))
const number = fc.double({ noNaN: true })
const signature = fc.record({
  dev: number,
  ino: number,
  size: number,
  mode: number,
  mtimeMs: number,
  ctimeMs: number,
})
const record: fc.Arbitrary<HashRecord> = fc.record({
  path,
  signature,
  mtime: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  hash: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
  xattrs: fc.constantFrom(new Map(), new Map([['user.a', Uint8Array.of(0, 1, 2)]])),
})
const records = fc
  .uniqueArray(record, { maxLength: 8, selector: (each) => each.path })
  .map((all) => all.toSorted((a, b) => compareMet(a.path, b.path)))

/** All that a file has; undefined when it cannot be used. */
function allOf(file: string): readonly HashRecord[] | undefined {
  const opened = openHashFile(file)
  try {
    return opened && [...opened.records()].map(plain)
  } finally {
    opened?.close()
  }
}

function mtimeOf(place: RecordPlace | undefined): bigint | undefined {
  return place?.block.mtime(place.at)
}

function plain(record: HashRecord): HashRecord {
  const { hash, xattrs } = record
  const bytes = new Map([...xattrs].map(([name, value]) => [name, Uint8Array.from(value)]))
  return { ...record, hash: hash && Uint8Array.from(hash), xattrs: bytes }
}

test('what is written is read, and found in any order', (t) => {
  const file = join(temporaryDir(t), 'deep', 'hashes')
  const property = fc.property(records, fc.boolean(), (written, isBackward) => {
    writeHashFile(file, written)
    t.deepEqual(allOf(file), written)
    const opened = openHashFile(file)
    for (const { path, signature, mtime } of isBackward ? written.toReversed() : written) {
      t.is(mtimeOf(opened?.find(path, signature)), mtime)
      t.is(opened?.find(path, { ...signature, ino: signature.ino === 1 ? 2 : 1 }), undefined)
      t.is(opened?.find(`${path}/no`, signature), undefined)
    }
    opened?.close()
  })
  t.notThrows(() => fc.assert(property, { numRuns: 200 }))
})

/** Records of more than one block. */
function manyRecords(count: number): HashRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    path: `d${String(i >> 5).padStart(4, '0')}/f${String(i & 31).padStart(2, '0')}`,
    signature: { dev: 1, ino: i, size: i, mode: 3, mtimeMs: 4, ctimeMs: 5 },
    mtime: BigInt(i),
    hash: Buffer.alloc(32, i & 255),
    xattrs: new Map(),
  }))
}

test('paths are found in any of many blocks', (t) => {
  const file = join(temporaryDir(t), 'hashes')
  const all = manyRecords(9 * blockRecords + 1)
  writeHashFile(file, all)
  const opened = openHashFile(file)
  t.is(opened?.count, all.length)
  for (let i = 0, at = 0; i < all.length; i++, at = (at + 977) % all.length) {
    const { path = '', signature, mtime } = all[at] ?? {}
    if (signature !== undefined) t.is(mtimeOf(opened?.find(path, signature)), mtime)
  }
  opened?.close()
})

test('a file that is not there, damaged, cut or of another version tells nothing wrong', (t) => {
  const file = join(temporaryDir(t), 'hashes')
  t.is(allOf(file), undefined)
  writeHashFile(file, manyRecords(2))
  const good = readFileSync(file)
  t.is(allOf(file)?.length, 2)
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good)
    bad[at] = (bad[at] ?? 0) ^ 0x41
    writeFileSync(file, bad)
    t.deepEqual(allOf(file) ?? [], [], `byte ${at}`)
  }
  for (let length = 0; length < good.length; length += 7) {
    writeFileSync(file, good)
    truncateSync(file, length)
    t.is(allOf(file), undefined, `length ${length}`)
  }
  mkdirSync(`${file}.d`)
  t.is(allOf(`${file}.d`), undefined)
})

test('a damaged block loses no more than its records', (t) => {
  const file = join(temporaryDir(t), 'hashes')
  const all = manyRecords(3 * blockRecords)
  writeHashFile(file, all)
  const bytes = readFileSync(file)
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1
  writeFileSync(file, bytes)
  t.deepEqual(allOf(file), [...all.slice(0, blockRecords), ...all.slice(2 * blockRecords)].map(plain))
})

test('processes that write at once leave one whole file and nothing else', async (t) => {
  const dir = temporaryDir(t)
  const file = join(dir, 'hashes')
  const script = `
    const { writeHashFile, openHashFile } = await import(${JSON.stringify(new URL('./hash-cache-file.ts', import.meta.url).href)})
    const mark = process.argv[1]
    const signature = { dev: 1, ino: 1, size: 1, mode: 1, mtimeMs: 1, ctimeMs: 1 }
    const record = (i) => ({ path: mark + '-' + String(i).padStart(4, '0'), signature, mtime: 1n, hash: undefined, xattrs: new Map() })
    const records = Array.from({ length: 1500 }, (_, i) => record(i))
    for (let round = 0; round < 30; round++) {
      writeHashFile(${JSON.stringify(file)}, records)
      const opened = openHashFile(${JSON.stringify(file)})
      const seen = [...(opened?.records() ?? [])]
      opened?.close()
      if (seen.length !== 1500 || new Set(seen.map(({ path }) => path.split('-')[0])).size !== 1) process.exit(9)
    }`
  const children = [1, 2, 3].map((mark) =>
    spawn(process.execPath, ['--input-type=module', '-e', script, String(mark)], { stdio: 'inherit' }),
  )
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  t.deepEqual(codes, [0, 0, 0])
  t.deepEqual(readdirSync(dir), ['hashes'])
})

test('what a killed process left goes with the next write', (t) => {
  const dir = temporaryDir(t)
  const file = join(dir, 'hashes')
  const parentStart = readFileSync(`/proc/${process.ppid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19]
  const [alive, dead] = [`${process.ppid}-${parentStart}`, '1-1'].map((name) => ownOwner().replace(/^\d+-\d+/, name))
  for (const name of [`hashes.tmp-${dead}`, `hashes.tmp-${alive}`, `other.tmp-${dead}`, 'hashes.tmp-x']) {
    writeFileSync(join(dir, name), '')
  }
  writeHashFile(file, [])
  t.deepEqual(readdirSync(dir).toSorted(), ['hashes', `hashes.tmp-${alive}`, `other.tmp-${dead}`])
})

test('a folder that cannot be written is an error of the filesystem', (t) => {
  const dir = temporaryDir(t)
  writeFileSync(join(dir, 'file'), '')
  t.throws(() => writeHashFile(join(dir, 'file', 'hashes'), []))
  t.false(existsSync(join(dir, 'file.tmp')))
})
