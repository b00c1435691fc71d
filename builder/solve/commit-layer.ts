import { join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { notAfter } from '../layers/entry.ts'
import { encodeLayerIndex } from '../layers/layer-index.ts'
import { type LayerMember, writeLayer } from '../layers/layer-writer.ts'
import type { Solver } from './solver.ts'

/** Writes members as a layer in one pass and stores it; nothing is mounted or extracted. */
export async function commitLayer({ store, latest }: Solver, members: Iterable<LayerMember>): Promise<Digest> {
  const folder = await store.temp('layer')
  try {
    const tarFile = join(folder.dir, 'layer')
    const { diffID, size, entries } = await writeLayer(bounded(members, latest), tarFile, { sync: false })
    await store.layers.commitTar({ diffID, size, tarFile, index: encodeLayerIndex(entries) })
    return diffID
  } finally {
    await folder.release()
  }
}

function* bounded(members: Iterable<LayerMember>, latest: bigint | undefined): Generator<LayerMember> {
  for (const member of members) yield { ...member, entry: notAfter(member.entry, latest) }
}
