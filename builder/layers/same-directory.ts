import type { LayerEntry } from './entry.ts'

/** True when two directories differ in nothing but their times. */
export function sameDirectory(a: LayerEntry, b: LayerEntry): boolean {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.xattrs.size !== b.xattrs.size) return false
  return [...a.xattrs].every(([name, value]) => {
    const other = b.xattrs.get(name)
    return other !== undefined && Buffer.compare(value, other) === 0
  })
}
