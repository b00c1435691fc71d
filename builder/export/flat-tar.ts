import type { LayerEntry } from '../layers/entry.ts'
import { tarEnd, tarHeader, tarPadding } from '../layers/tar/write.ts'
import type { RootfsView } from '../layers/view.ts'

/**
 * The whole root filesystem as one tar, in the order of paths: the same tree gives the same bytes. Names of one file are
 * hardlinks to the first. The root itself is in it when it is not what every extraction makes: 0755, root's.
 */
export async function* flatTar(view: RootfsView): AsyncGenerator<Uint8Array> {
  const firstNames = new Map<string, string>()
  const root = view.lstat('')
  if (root !== undefined && !isPlain(root)) yield tarHeader(root)
  for (const entry of view.walk()) {
    const link = linkTo(entry, view, firstNames)
    yield tarHeader(link ?? entry)
    if (link !== undefined || entry.type !== 'file') continue
    yield* view.open(entry.path)
    yield tarPadding(entry.size)
  }
  yield tarEnd
}

function isPlain({ mode, uid, gid, xattrs }: LayerEntry): boolean {
  return mode === 0o755 && uid === 0 && gid === 0 && xattrs.size === 0
}

function linkTo(entry: LayerEntry, view: RootfsView, firstNames: Map<string, string>): LayerEntry | undefined {
  const group = entry.type === 'dir' ? undefined : view.linkGroup(entry.path)
  if (group === undefined) return undefined
  const first = firstNames.get(group)
  if (first === undefined) {
    firstNames.set(group, entry.path)
    return undefined
  }
  return { ...entry, type: 'hardlink', linkname: first, size: 0, digest: undefined, dataOffset: -1 }
}
