import type { Digest } from '../../shared/base/digest.ts'
import { openLayerIndex } from '../layers/layer-index.ts'
import { findRecorded, type RecordedLayer } from '../store/recorded-layer.ts'
import type { Store } from '../store/types.ts'
import { stillBelieved } from './believed-indexes.ts'
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
  const found = findRecorded(store, key)
  const own = ownTimesOfJson(found?.record.extra?.['own'])
  if (found === undefined || own === undefined) return undefined
  const entries = openLayerIndex(found.layer.indexFile).entries()
  return sameTimes({ entries, own }, diff) ? stepLayer(found) : undefined
}

/** The layer of a step that was carried out before, unless a layer index that was believed then is known to be false. */
export async function findLayer(
  store: Pick<Store, 'records' | 'layers' | 'indexForms' | 'temp'>,
  key: Digest,
  signal: AbortSignal,
): Promise<StepLayer | undefined> {
  const found = findRecorded(store, key)
  return found !== undefined && (await stillBelieved(store, found.record, signal)) ? stepLayer(found) : undefined
}

function stepLayer({ record, layer }: RecordedLayer): StepLayer {
  return { diffID: layer.diffID, created: new Date(record.created).toISOString() }
}
