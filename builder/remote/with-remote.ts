import type { Digest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import type { RemoteImages } from '../ports.ts'
import { whole } from '../store/open-layer.ts'
import { underStepLock } from '../store/step-lock.ts'
import type { Store } from '../store/types.ts'
import { createTransfers, type Transfers } from '../transfer/transfers.ts'

export interface WithRemoteOptions {
  /** Tells of what moves; of one process all under one count. */
  readonly transfers?: Transfers | undefined
  /** Layers at a time; 3 unless told otherwise. */
  readonly atOnce?: number | undefined
}

/** The same store, which fetches layers of which only the index is here from where they can be had. */
export function withRemote(
  store: Store,
  images: Pick<RemoteImages, 'content'>,
  options: WithRemoteOptions = {},
): Store {
  const { transfers = createTransfers(), atOnce = 3 } = options
  const running = new Map<Digest, Promise<void>>()
  const isMissing = (diffID: Digest): boolean => store.layers.get(diffID)?.bytes.kind === 'remote'
  const fetchOnce = (diffID: Digest, signal: AbortSignal): Promise<void> => {
    const known = running.get(diffID)
    if (known !== undefined) return known
    const started = underStepLock(store, { key: diffID, signal }, async () => {
      if (!isMissing(diffID)) return
      const { fetchLayer } = await import('./fetch-layer.ts')
      await fetchLayer({ store, images, transfers }, diffID, signal)
    }).finally(() => running.delete(diffID))
    running.set(diffID, started)
    return started
  }
  return {
    ...store,
    async fetchLayers(diffIDs, { signal } = {}) {
      const missing = [...new Set(diffIDs)].filter(isMissing)
      if (missing.length > 0) await inParallel(missing, { atOnce, signal }, fetchOnce)
      return diffIDs.map((diffID) => whole(store.layers, diffID))
    },
  }
}
