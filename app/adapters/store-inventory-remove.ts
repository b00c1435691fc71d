import type { RecordUse, Store } from '../../builder/store/types.ts'
import type { ItemName } from '../../retention/facts.ts'
import type { Removal } from '../../retention/ports.ts'
import { isDigest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { removeImage } from '../listing/remove-image.ts'
import { keyOf } from './inventory-pages.ts'
import { guardsOfStored, lookAtStore, type StoreLook } from './store-inventory-look.ts'

export interface StoreRemoval {
  readonly item: ItemName
  /** What it led to when it was decided that it goes. */
  readonly digest: string
}

/**
 * Takes names away as `ibuild rmi` does, and images without one and records of the cache as `ibuild prune`, with all that nothing reaches
 * then. The bytes count for the first that freed any. Builds on the store are waited for: RETENTION_BUSY after `patience` milliseconds.
 */
export async function removeFromStore(
  store: Store,
  removals: readonly StoreRemoval[],
  patience: number,
): Promise<readonly Removal[]> {
  const look = lookAtStore(store)
  const steps: (Removal | NextStep)[] = []
  for (const removal of removals) steps.push(await firstStep(look, removal))
  const swept = removals.filter((_, i) => steps[i] === 'sweep')
  if (swept.length === 0 && !steps.includes('image gone')) return steps.map((step) => resultOf(step))
  const bytes = await sweep(look, swept, patience).catch((error: unknown) => {
    if (swept.length > 0) throw error
    return 0 // the names went; what they led to goes with the next that does
  })
  const first = steps.findIndex((step) => step === 'sweep' || step === 'image gone')
  return steps.map((step, i) => {
    const removal = removals[i]
    const result = step === 'sweep' && removal !== undefined ? afterSweep(store, removal) : resultOf(step)
    return i === first && result.kind === 'removed' ? { ...result, freed: bytes } : result
  })
}

/** A sweep is still to take it; its name was the last one of an image, whose content a sweep takes. */
type NextStep = 'sweep' | 'image gone'

function resultOf(step: Removal | NextStep): Removal {
  return typeof step === 'string' ? { kind: 'removed', freed: 0 } : step
}

async function firstStep(look: StoreLook, { item, digest }: StoreRemoval): Promise<Removal | NextStep> {
  const { store, items, records } = look
  if (item.kind === 'cache') return records().has(item.name) ? 'sweep' : { kind: 'gone' }
  const found = items.get(keyOf(item))
  if (found === undefined) return { kind: 'gone' }
  const { image, fullName } = found
  const [guard] = guardsOfStored(look, image)
  if (guard !== undefined) return { kind: 'drifted', about: guard.about }
  const leadsTo = fullName === undefined ? image.manifestDigest : store.tags.get(fullName)
  if (leadsTo === undefined) return { kind: 'gone' }
  if (leadsTo !== digest) return { kind: 'drifted', about: `leads to ${leadsTo} by now` }
  return fullName === undefined ? 'sweep' : untag(store, fullName)
}

async function untag(store: Store, name: string): Promise<Removal | NextStep> {
  try {
    let isImageGone = false
    for await (const { kind } of removeImage(store, name)) isImageGone ||= kind === 'image'
    return isImageGone ? 'image gone' : { kind: 'removed', freed: 0 }
  } catch (error) {
    if (isIbuildError(error, 'IMAGE_NOT_FOUND')) return { kind: 'gone' }
    if (isIbuildError(error, 'IMAGE_IN_USE')) return { kind: 'drifted', about: error.message }
    throw error
  }
}

/** What came to be named or used since it was looked at stays. Resolves to the bytes that went. */
async function sweep(look: StoreLook, removals: readonly StoreRemoval[], patience: number): Promise<number> {
  const images = new Set(removals.map(({ digest }) => digest))
  const keys = new Set(removals.flatMap(({ item }) => (item.kind === 'cache' ? [item.name] : [])))
  const isUsedSince = ({ key, usedAt }: RecordUse): boolean => usedAt > (look.records().get(key)?.usedAt ?? 0)
  const signal = AbortSignal.timeout(patience)
  try {
    const { bytes } = await look.store.collectGarbage({
      keepUnnamed: ({ manifestDigest }) => !images.has(manifestDigest),
      keepRecords: (use) => !keys.has(use.key) || isUsedSince(use),
      signal,
    })
    return bytes
  } catch (error) {
    if (!signal.aborted) throw error
    const message = `${look.store.root} is in use by a build: nothing is removed from it meanwhile`
    throw new IbuildError('RETENTION_BUSY', message, { cause: error, hint: 'Wait for the end of the build.' })
  }
}

function afterSweep(store: Store, { item, digest }: StoreRemoval): Removal {
  const stays =
    item.kind === 'cache'
      ? isDigest(item.name) && store.records.isThere(item.name)
      : store.images.list().some(({ manifestDigest }) => manifestDigest === digest)
  return stays ? { kind: 'drifted', about: 'came to be in use in the meantime' } : { kind: 'removed', freed: 0 }
}
