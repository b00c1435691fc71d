import type { Digest } from '../../shared/base/digest.ts'
import type { LayerEntry } from '../layers/entry.ts'
import type { Store } from '../store/types.ts'
import { contentKey } from './content-key.ts'
import { chainKey, type LayerChain } from './layer-chain.ts'
import type { Solver, StepLayer } from './solver.ts'

/** What an executed step came to. */
export interface ExecutedLayer extends StepLayer {
  /** The layer is that of an earlier run with the same result, so what follows may hit. */
  readonly unchanged: boolean
}

/** What a step made, on which layers, and how it becomes a layer of its own. */
export interface FreshDiff {
  readonly chain: LayerChain
  readonly entries: Iterable<LayerEntry>
  /** As in the content key. */
  readonly isOwnTime: (mtime: bigint) => boolean
  /** False: an earlier result is not looked for (`--no-cache`), but this one can be found later. */
  readonly mayReuse: boolean
  readonly commit: () => Promise<Digest>
}

/**
 * The cut-off: when an earlier step left the same diff on the same layers, its layer and time stand for this one's too,
 * and nothing is committed. Else the diff is committed and remembered by its content key.
 */
export async function settleDiff(solver: Solver, diff: FreshDiff): Promise<ExecutedLayer> {
  const { store, latest } = solver
  const { chain, entries, isOwnTime } = diff
  const key = contentKey(entries, { parent: chainKey(chain), latest, isOwnTime })
  const known = diff.mayReuse ? findLayer(store, key) : undefined
  if (known !== undefined) return { ...known, unchanged: true }
  const diffID = await diff.commit()
  const created = solver.now()
  const parts = [{ name: 'content', value: key }]
  // No step of this build asks for it.
  solver.later(async () =>
    store.records.put(key, { version: 1, step: 'content', parts, diffID, created: created.getTime() }),
  )
  return { diffID, created: created.toISOString(), unchanged: false }
}

/** The layer that a record names. A record counts only while its layer is there. */
export function findLayer({ records, layers }: Pick<Store, 'records' | 'layers'>, key: Digest): StepLayer | undefined {
  const record = records.get(key)
  if (record?.diffID === undefined || layers.get(record.diffID) === undefined) return undefined
  return { diffID: record.diffID, created: new Date(record.created).toISOString() }
}
