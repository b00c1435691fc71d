import type { Digest } from '../../shared/base/digest.ts'
import { openLayerIndex } from '../layers/layer-index.ts'
import type { Store } from '../store/types.ts'
import { contentKey } from './content-key.ts'
import { chainKey, type LayerChain } from './layer-chain.ts'
import { ownTimesOfJson, ownTimesToJson, sameTimes, type TimedDiff } from './own-times.ts'
import type { Solver, StepLayer } from './solver.ts'

/** What an executed step came to. */
export interface ExecutedLayer extends StepLayer {
  /** The layer is that of an earlier run with the same result, so what follows may hit. */
  readonly unchanged: boolean
}

/** What a step made, on which layers, and how it becomes a layer of its own. */
export interface FreshDiff extends TimedDiff {
  readonly chain: LayerChain
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
  const { chain, entries, own } = diff
  const key = contentKey(entries, { parent: chainKey(chain), latest })
  const known = diff.mayReuse ? findEqual(store, key, diff) : undefined
  if (known !== undefined) return { ...known, unchanged: true }
  const diffID = await diff.commit()
  const created = solver.now()
  const parts = [{ name: 'content', value: key }]
  const extra = { own: ownTimesToJson(own) }
  // No step of this build asks for it.
  solver.later(async () =>
    store.records.put(key, { version: 1, step: 'content', parts, diffID, extra, created: created.getTime() }),
  )
  return { diffID, created: created.toISOString(), unchanged: false }
}

/** The layer of an earlier step with the same diff, times included. */
function findEqual(store: Store, key: Digest, diff: TimedDiff): StepLayer | undefined {
  const own = ownTimesOfJson(store.records.get(key)?.extra?.['own'])
  const layer = findLayer(store, key)
  const stored = layer && store.layers.get(layer.diffID)
  if (own === undefined || stored === undefined) return undefined
  return sameTimes({ entries: openLayerIndex(stored.indexFile).entries(), own }, diff) ? layer : undefined
}

/** The layer that a record names. A record counts only while its layer is there. */
export function findLayer({ records, layers }: Pick<Store, 'records' | 'layers'>, key: Digest): StepLayer | undefined {
  const record = records.get(key)
  if (record?.diffID === undefined || layers.get(record.diffID) === undefined) return undefined
  return { diffID: record.diffID, created: new Date(record.created).toISOString() }
}
