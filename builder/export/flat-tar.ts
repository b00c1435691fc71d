import type { LayerEntry } from '../layers/entry.ts'
import { tellManyIn } from '../layers/many-records.ts'
import { PathMap } from '../layers/path-map.ts'
import { tarEnd, tarHeader, tarPadding } from '../layers/tar/write.ts'
import type { RootfsView } from '../layers/view.ts'

/**
 * The whole root filesystem as one tar, in the order of paths: the same tree gives the same bytes. Names of one file are
 * hardlinks to the first. The root itself is in it when a layer has an entry for it.
 */
export async function* flatTar(view: RootfsView): AsyncGenerator<Uint8Array> {
  tellManyIn(view.layers)
  const firstNames = new PathMap()
  const root = view.origin('')
  if (root !== undefined && root.layer >= 0) yield tarHeader(root.entry)
  for (const entry of view.walk()) {
    const link = linkTo(entry, view, firstNames)
    yield tarHeader(link ?? entry)
    if (link !== undefined || entry.type !== 'file') continue
    yield* view.open(entry.path)
    yield tarPadding(entry.size)
  }
  yield tarEnd
}

function linkTo(entry: LayerEntry, view: RootfsView, firstNames: PathMap): LayerEntry | undefined {
  const group = entry.type === 'dir' ? undefined : view.linkGroup(entry.path)
  if (group === undefined) return undefined
  const first = firstNames.get(group)
  if (first === undefined) {
    firstNames.set(group, entry.path)
    return undefined
  }
  return { ...entry, type: 'hardlink', linkname: first, size: 0, digest: undefined, dataOffset: -1 }
}
