import type { LayerEntry } from '../layers/entry.ts'

/** In what two entries of one path differ. */
export type Difference = 'type' | 'content' | 'mode' | 'owner' | 'link' | 'device' | 'xattrs' | 'time'

export interface CompareOptions {
  /** Modification times count too. */
  readonly times?: boolean
}

/** Names of one file (hardlinks) are each compared for themselves. A type that differs says it all. */
export function compareEntries(a: LayerEntry, b: LayerEntry, { times = false }: CompareOptions): Difference[] {
  if (a.type !== b.type) return ['type']
  const found: Difference[] = []
  if (a.digest !== b.digest) found.push('content')
  if (a.mode !== b.mode) found.push('mode')
  if (a.uid !== b.uid || a.gid !== b.gid) found.push('owner')
  if (a.linkname !== b.linkname) found.push('link')
  if (a.devMajor !== b.devMajor || a.devMinor !== b.devMinor) found.push('device')
  if (!sameAttributes(a.xattrs, b.xattrs)) found.push('xattrs')
  if (times && a.mtime !== b.mtime) found.push('time')
  return found
}

function sameAttributes(a: LayerEntry['xattrs'], b: LayerEntry['xattrs']): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([name, value]) => {
    const other = b.get(name)
    return other !== undefined && Buffer.compare(value, other) === 0
  })
}
