import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { LayerEntry } from './entry.ts'
import { encodeLayerIndex } from './index-encode.ts'
import { openIndexFile } from './index-file-writer.ts'
import { compareRecords } from './index-types.ts'
import { openLayerIndex } from './layer-index.ts'
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

test('an index that is written record by record is the one that is written at once', (t) => {
  const file = join(temporaryDir(t), 'index')
  const writer = openIndexFile(file)
  for (const record of records()) writer.add(record)
  writer.end()
  writer.close()
  writer.close()
  t.deepEqual(readFileSync(file), encodeLayerIndex(records()))
  const index = openLayerIndex(file)
  t.deepEqual([...index.entries()], records())
  t.deepEqual(index.foreignLinks, ['elsewhere/a', 'zz/z'])
  t.deepEqual(index.linkTargets, [
    'dir-0/file-0',
    'dir-1/file-1',
    'dir-2/file-2',
    'dir-27/file-2997',
    'dir-28/file-2998',
    'dir-29/file-2999',
  ])
})

test('records out of order are refused, and the file can be closed then', (t) => {
  const writer = openIndexFile(join(temporaryDir(t), 'index'))
  writer.add(blankEntry('b', 'dir'))
  t.throws(() => writer.add(blankEntry('a', 'dir')), { code: 'INDEX_INVALID' })
  t.notThrows(() => writer.close())
})
