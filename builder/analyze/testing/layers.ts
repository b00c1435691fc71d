import { digestOf } from '../../../shared/base/digest.ts'
import { type LayerEntry, type LayerPath, parentOf } from '../../layers/entry.ts'
import { compareRecords } from '../../layers/index-types.ts'
import { indexOf } from '../../layers/layer-index.ts'
import { blankEntry } from '../../layers/testing/entries.ts'
import type { LayerSource } from '../types.ts'

/** A file of `size` bytes whose digest is that of `content`. */
export function file(
  path: LayerPath,
  size: number,
  fields: Partial<LayerEntry> & { content?: string } = {},
): LayerEntry {
  const { content = `${path} ${size}`, ...rest } = fields
  return blankEntry(path, 'file', { size, digest: digestOf(content), ...rest })
}

export function dir(path: LayerPath, fields: Partial<LayerEntry> = {}): LayerEntry {
  return blankEntry(path, 'dir', fields)
}

export function whiteout(path: LayerPath): LayerEntry {
  return blankEntry(path, 'whiteout')
}

/** Hides all that lower layers have in a directory for which the layer has no entry. */
export function opaqueMark(path: LayerPath): LayerEntry {
  return blankEntry(path, 'whiteout', { opaque: true })
}

export function hardlink(path: LayerPath, linkname: LayerPath): LayerEntry {
  return blankEntry(path, 'hardlink', { linkname })
}

export function symlink(path: LayerPath, linkname: string): LayerEntry {
  return blankEntry(path, 'symlink', { linkname })
}

/** A layer of entries in any order; directories that are not named get entries unless `implicit`. */
export function layer(
  text: string,
  entries: readonly LayerEntry[],
  { implicit = false, ...fields }: Partial<LayerSource> & { implicit?: boolean } = {},
): LayerSource {
  const records = implicit ? [...entries] : withParents(entries)
  return {
    diffID: digestOf(`${text} ${entries.map(({ path }) => path).join()}`),
    text,
    inBase: false,
    index: indexOf(records.sort(compareRecords)),
    ...fields,
  }
}

function withParents(entries: readonly LayerEntry[]): LayerEntry[] {
  const known = new Set(entries.filter(({ type }) => type === 'dir').map(({ path }) => path))
  const made: LayerEntry[] = []
  for (const { path } of entries) {
    for (let at = parentOf(path); at !== '' && !known.has(at); at = parentOf(at)) {
      known.add(at)
      made.push(dir(at))
    }
  }
  return [...entries, ...made]
}
