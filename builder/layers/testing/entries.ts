import type { EntryType, LayerEntry, LayerPath } from '../entry.ts'

/** An entry with plain values for all that is not given. */
export function blankEntry(path: LayerPath, type: EntryType, fields: Partial<LayerEntry> = {}): LayerEntry {
  return {
    path,
    type,
    mode: type === 'dir' ? 0o755 : type === 'symlink' ? 0o777 : type === 'whiteout' ? 0 : 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0n,
    linkname: '',
    devMajor: 0,
    devMinor: 0,
    xattrs: new Map(),
    opaque: false,
    digest: undefined,
    dataOffset: -1,
    ...fields,
  }
}
