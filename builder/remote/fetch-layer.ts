import { untilGood } from '../../shared/base/content-tries.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import type { RemoteImages } from '../ports.ts'
import type { LayerSource } from '../store/remote-types.ts'
import type { Store } from '../store/types.ts'
import { pulledTitle } from '../transfer/layer-title.ts'
import { keepLayer } from '../transfer/read-layer.ts'
import { counted, type Transfers } from '../transfer/transfers.ts'

/** What brings layers in. */
export interface FetchScope {
  readonly store: Store
  readonly images: Pick<RemoteImages, 'content'>
  readonly transfers: Transfers
}

/**
 * Brings in the bytes of a layer of which only the index is here, from one of the places that are known to have it, one after
 * the other. Errors: LAYER_NOT_HERE, LAYER_INDEX_FALSE, DISK_FULL.
 */
export async function fetchLayer(scope: FetchScope, diffID: Digest, signal: AbortSignal): Promise<void> {
  const failures: IbuildError[] = []
  for (const source of scope.store.sources.get(diffID)) {
    try {
      return await fetchFrom(scope, { diffID, source }, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!isIbuildError(error) || isIbuildError(error, 'LAYER_INDEX_FALSE', 'DISK_FULL')) throw error
      failures.push(error)
    }
  }
  throw notToBeHad(diffID, failures)
}

async function fetchFrom(
  { store, images, transfers }: FetchScope,
  { diffID, source }: { readonly diffID: Digest; readonly source: LayerSource },
  signal: AbortSignal,
): Promise<void> {
  const { mediaType, digest, size } = source
  const folder = await store.temp('fetch')
  try {
    await transfers.during(pulledTitle(source), size, async (moved) => {
      const isTrue = await untilGood((tries) => {
        const content = counted(images.content(source, { mediaType, digest, size }, { signal, tries }), moved)
        return keepLayer(store, diffID, { content, folder: folder.dir, signal })
      })
      if (!isTrue) throw indexFalse(diffID)
      return { value: undefined, result: 'pulled' }
    })
    await store.sources.add(diffID, { ...source, checked: true })
  } finally {
    await folder.release()
  }
}

function indexFalse(diffID: Digest): IbuildError {
  const message = `the published index of layer ${diffID} is false: it does not tell what is in the layer`
  return new IbuildError('LAYER_INDEX_FALSE', message)
}

function notToBeHad(diffID: Digest, failures: readonly IbuildError[]): IbuildError {
  const [first] = failures
  const why = first === undefined ? 'and no registry is known to have it' : `and it cannot be had: ${first.message}`
  const message = `of layer ${diffID} only the index is in the store, ${why}`
  return new IbuildError('LAYER_NOT_HERE', message, {
    cause: first,
    ...(first?.hint !== undefined && { hint: first.hint }),
  })
}
