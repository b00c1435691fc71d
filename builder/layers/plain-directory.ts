import type { LayerEntry, LayerPath } from './entry.ts'

/** What a directory is that only exists because something lies in it: 0755, root's, at time 0. */
export function plainDirectory(path: LayerPath): LayerEntry {
  const plain = { uid: 0, gid: 0, size: 0, mtime: 0n, linkname: '', devMajor: 0, devMinor: 0, dataOffset: -1 }
  return { path, type: 'dir', mode: 0o755, ...plain, xattrs: new Map(), opaque: false, digest: undefined }
}
