import type { LayerEntry } from '../layers/entry.ts'
import type { MetadataChange } from './types.ts'

/** What differs between two entries beside their content. */
export function changesOf(lower: LayerEntry, upper: LayerEntry): MetadataChange[] {
  const changes: MetadataChange[] = []
  if (lower.uid !== upper.uid || lower.gid !== upper.gid) changes.push('owner')
  if (lower.mode !== upper.mode) changes.push('mode')
  if (lower.mtime !== upper.mtime) changes.push('time')
  if (!sameXattrs(lower.xattrs, upper.xattrs)) changes.push('xattrs')
  return changes
}

function sameXattrs(a: LayerEntry['xattrs'], b: LayerEntry['xattrs']): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) {
    const other = b.get(name)
    if (other === undefined || Buffer.compare(value, other) !== 0) return false
  }
  return true
}
