import { join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { encodeLayerIndex } from '../layers/layer-index.ts'
import { type LayerMember, writeLayer } from '../layers/layer-writer.ts'
import type { Store } from '../store/types.ts'

/** Writes members as a layer in one pass and stores it; nothing is mounted or extracted. */
export async function commitLayer(store: Store, members: Iterable<LayerMember> | AsyncIterable<LayerMember>): Promise<Digest> {
  const folder = await store.temp('layer')
  try {
    const tarFile = join(folder.dir, 'layer')
    const { diffID, size, entries } = await writeLayer(members, tarFile, { sync: false })
    await store.layers.commitTar({ diffID, size, tarFile, index: encodeLayerIndex(entries) })
    return diffID
  } finally {
    await folder.release()
  }
}
