import { openLayerIndex } from '../../../builder/layers/layer-index.ts'
import type { Store, StoredLayer } from '../../../builder/store/types.ts'
import type { Digest } from '../../../shared/base/digest.ts'
import { callImage, type Stack, stacksIn } from './stacks.ts'

/**
 * A layer: where its bytes are, what is in it, who has it. Errors: INDEX_INVALID when its index is damaged.
 */
export function describeLayer(store: Store, { diffID, size, bytes, indexFile }: StoredLayer): object {
  const { entries, files, bytes: content, whiteouts } = openLayerIndex(indexFile).totals
  const stacks = stacksIn(store).filter((stack) => stack.diffIDs.includes(diffID))
  return {
    type: 'layer',
    diffID,
    size,
    bytes,
    indexFile,
    totals: { entries, files, bytes: content, whiteouts },
    snapshots: snapshotsOf(store, diffID, stacks),
    images: stacks.flatMap(({ image, diffIDs }) =>
      image === undefined ? [] : [{ ...callImage(image), position: diffIDs.indexOf(diffID) + 1 }],
    ),
    containers: stacks.flatMap(({ container }) => container ?? []),
    records: recordsOf(store, diffID),
    compressed: store.compressed
      .list()
      .filter((entry) => entry.diffID === diffID)
      .map(({ diffID: _diffID, ...entry }) => entry),
  }
}

/** Folders that hold this layer extracted, on top of one stack or another. */
function snapshotsOf(store: Store, diffID: Digest, stacks: readonly Stack[]): object[] {
  const chains = new Set(stacks.flatMap((stack) => stack.chainIDs.filter((_, i) => stack.diffIDs[i] === diffID)))
  return [...chains].flatMap((chainID) => {
    const snapshot = store.snapshots.get(chainID)
    return snapshot === undefined ? [] : [{ chainID, dir: snapshot.dir }]
  })
}

function recordsOf(store: Store, diffID: Digest): object[] {
  return store.records.list().flatMap((key) => {
    const record = store.records.peek(key)?.record
    return record?.diffID === diffID ? [{ key, step: record.step }] : []
  })
}
