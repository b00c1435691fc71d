import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { LayerEntry } from './entry.ts'
import { encodeLayerIndex } from './index-encode.ts'
import { compareRecords } from './index-types.ts'
import { openLayerIndex } from './layer-index.ts'
import { openRecords } from './layer-records.ts'
import { blankEntry } from './testing/entries.ts'
import { temporaryDir } from './testing/temporary.ts'

/** Entries of many blocks: files, links to the first, the last and a missing one, and whiteouts of paths that links name. */
function records(): LayerEntry[] {
  const names = Array.from({ length: 3000 }, (_, i) => `dir-${i % 30}/file-${i}`)
  const files = names.map((name) => blankEntry(name, 'file', { size: 1 }))
  const targets = [...names.slice(0, 3), ...names.slice(-3), 'elsewhere/a', 'zz/z']
  const links = targets.map((linkname, i) => blankEntry(`links/${i}`, 'hardlink', { linkname }))
  return [...files, ...links, blankEntry('elsewhere/a', 'whiteout')].sort(compareRecords)
}

test('few records stay in memory', (t) => {
  const file = join(temporaryDir(t), 'index')
  const writer = openRecords(file)
  for (const record of records()) writer.add(record)
  const made = writer.end()
  t.is(made.length, records().length)
  t.deepEqual(made.encoded, encodeLayerIndex(records()))
  t.deepEqual([...made], records())
  t.false(existsSync(file))
})

test('many records lie in a file, which is the index that is written at once', (t) => {
  const many = [...manyRecords()]
  const file = join(temporaryDir(t), 'index')
  const writer = openRecords(file)
  for (const record of many) writer.add(record)
  const made = writer.end()
  t.deepEqual(made.encoded, { file })
  t.true(readFileSync(file).equals(encodeLayerIndex(many)))
  t.deepEqual([...made], many)
  t.deepEqual([...made].length, made.length)
  const index = openLayerIndex(file)
  t.deepEqual([...index.foreignLinks], ['elsewhere/a', 'zz/z'])
  t.deepEqual(
    [...index.linkTargets],
    ['dir-0/file-0', 'dir-1/file-1', 'dir-2/file-2', 'dir-27/file-2997', 'dir-28/file-2998', 'dir-29/file-2999'],
  )
})

test('records out of order are refused, and what was written goes', (t) => {
  const file = join(temporaryDir(t), 'index')
  const writer = openRecords(file)
  for (const record of manyRecords()) writer.add(record)
  t.true(existsSync(file))
  t.throws(() => writer.add(blankEntry('a', 'dir')), { code: 'INDEX_INVALID' })
  writer.abort()
  writer.abort()
  t.false(existsSync(file))
})

/** More than stay in memory. */
function* manyRecords(): Generator<LayerEntry> {
  const xattrs = new Map([['user.note', Buffer.alloc(8000)]])
  for (const record of records()) yield record.type === 'file' ? { ...record, xattrs } : record
}
