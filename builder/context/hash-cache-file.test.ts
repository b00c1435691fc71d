import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as fc from 'fast-check'
import { ownOwner } from '../../shared/cas/owner.ts'
import { temporaryDir } from '../layers/testing/temporary.ts'
import { type HashRecords, hasHash, hasXattrs, noRecords, readHashFile, writeHashFile } from './hash-cache-file.ts'

const path = fc.stringMatching(/^[^\0]{1,12}$/).map((text) => Buffer.from(text).toString('latin1'))
const number = fc.double({ noNaN: true })
const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

const records = fc.uniqueArray(path, { maxLength: 8 }).chain((paths) =>
  fc.record({
    paths: fc.constant(paths),
    numbers: fc
      .array(number, { minLength: paths.length * 6, maxLength: paths.length * 6 })
      .map((all) => Float64Array.from(all)),
    mtimes: fc.array(time, { minLength: paths.length, maxLength: paths.length }).map((all) => BigInt64Array.from(all)),
    flags: fc.uint8Array({ minLength: paths.length, maxLength: paths.length, max: hasHash | hasXattrs }),
    hashes: fc
      .uint8Array({ minLength: paths.length * 32, maxLength: paths.length * 32 })
      .map((bytes) => Buffer.from(bytes)),
    xattrs: fc.constant(new Map(paths.length === 0 ? [] : [[0, [['user.a', 'AAEC'] as const]]])),
  }),
)

test('what is written is read', (t) => {
  const file = join(temporaryDir(t), 'deep', 'hashes')
  const property = fc.property(records, (written) => {
    writeHashFile(file, written)
    t.deepEqual(plain(readHashFile(file)), plain(written))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 200 }))
})

function plain(value: HashRecords | undefined): unknown {
  if (value === undefined) return undefined
  const { paths, numbers, mtimes, flags, hashes, xattrs } = value
  return [paths, [...numbers], [...mtimes], [...flags], hashes.toString('hex'), [...xattrs]]
}

test('a file that is not there, damaged, cut or of another version counts as none', (t) => {
  const file = join(temporaryDir(t), 'hashes')
  t.is(readHashFile(file), undefined)
  const numbers = Float64Array.from([1, 2, 3, 4, 5, 6])
  const mtimes = BigInt64Array.of(7n)
  writeHashFile(file, {
    paths: ['a'],
    numbers,
    mtimes,
    flags: Uint8Array.of(1),
    hashes: Buffer.alloc(32, 7),
    xattrs: new Map(),
  })
  const good = readFileSync(file)
  t.truthy(readHashFile(file))
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good)
    bad[at] = (bad[at] ?? 0) ^ 0x41
    writeFileSync(file, bad)
    t.is(readHashFile(file), undefined, `byte ${at}`)
  }
  for (let length = 0; length < good.length; length += 7) {
    writeFileSync(file, good)
    truncateSync(file, length)
    t.is(readHashFile(file), undefined, `length ${length}`)
  }
  mkdirSync(`${file}.d`)
  t.is(readHashFile(`${file}.d`), undefined)
})

test('processes that write at once leave one whole file and nothing else', async (t) => {
  const dir = temporaryDir(t)
  const file = join(dir, 'hashes')
  const script = `
    const { writeHashFile, readHashFile } = await import(${JSON.stringify(new URL('./hash-cache-file.ts', import.meta.url).href)})
    const mark = Number(process.argv[1])
    const paths = Array.from({ length: 500 }, (_, i) => mark + '-' + i)
    for (let round = 0; round < 30; round++) {
      writeHashFile(${JSON.stringify(file)}, { paths, numbers: new Float64Array(3000), mtimes: new BigInt64Array(500), flags: new Uint8Array(500), hashes: Buffer.alloc(16000), xattrs: new Map() })
      const seen = readHashFile(${JSON.stringify(file)})
      if (seen === undefined || new Set(seen.paths.map((path) => path.split('-')[0])).size !== 1) process.exit(9)
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
  writeHashFile(file, noRecords)
  t.deepEqual(readdirSync(dir).toSorted(), ['hashes', `hashes.tmp-${alive}`, `other.tmp-${dead}`])
})

test('a folder that cannot be written is an error of the filesystem', (t) => {
  const dir = temporaryDir(t)
  writeFileSync(join(dir, 'file'), '')
  t.throws(() => writeHashFile(join(dir, 'file', 'hashes'), noRecords))
  t.false(existsSync(join(dir, 'file.tmp')))
})
