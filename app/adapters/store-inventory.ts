import { openStore } from '../../builder/store/open.ts'
import type { ItemFacts, ItemName, RepositoryFacts, Wants } from '../../retention/facts.ts'
import type { Inventory } from '../../retention/ports.ts'
import { createFreshLook } from './fresh-look.ts'
import { inBatches } from './in-batches.ts'
import { inByteOrder, keyOf, pagesOf } from './inventory-pages.ts'
import { recordFacts, storedFacts, storeRevision } from './store-inventory-facts.ts'
import { storeFreedBy } from './store-inventory-freed.ts'
import { lookAtStore, type StoreImageItem, type StoreLook } from './store-inventory-look.ts'
import { removeFromStore, type StoreRemoval } from './store-inventory-remove.ts'
import { createWalkLooks, type WalkLooks } from './walk-looks.ts'

export interface StoreInventoryOptions {
  /** The builder's data folder. */
  readonly root: string
  /** Milliseconds since the epoch; the clock by itself. */
  readonly now?: (() => number) | undefined
  /** Milliseconds that a removal waits for builds. */
  readonly patience?: number | undefined
}

/**
 * The images and the build cache of the builder's data folder. Nothing that is removed comes back. Nobody notes when an image was last used, so
 * that rules on pulls keep it for lack of data. Errors: STORE_INVALID, also for an image that is damaged: then nothing is decided.
 */
export function createStoreInventory({ root, now = Date.now, patience = 60_000 }: StoreInventoryOptions): Inventory {
  const store = openStore(root)
  const look = createFreshLook(async () => lookAtStore(store))
  const walks = createWalkLooks(look)
  const remove = inBatches(async (removals: readonly StoreRemoval[]) => removeFromStore(store, removals, patience))
  return {
    source: 'store',
    canUndo: false,
    revision: async () => storeRevision(await look()),
    repositories: () => repositories(walks, now),
    items: (repository, wants) => items(walks, repository, wants),
    item: async (name, wants) => itemIn(await look(), name, wants),
    freedBy: async (names) =>
      names.length === 0 ? { bytes: 0, shared: 0, sharedWith: [] } : storeFreedBy(await look(), names),
    remove: async (item, { digest }) => remove({ item, digest }),
  }
}

async function* repositories(walks: WalkLooks<StoreLook>, now: () => number): AsyncGenerator<RepositoryFacts> {
  const { items, store } = await walks.begin()
  try {
    if (store.records.list().length > 0) yield { repository: '', pullsKnownSince: 0 }
    const names = new Set([...items.values()].map(({ repository }) => repository))
    for (const repository of [...names].sort(inByteOrder)) yield { repository, pullsKnownSince: now() }
  } finally {
    walks.end()
  }
}

async function* items(
  walks: WalkLooks<StoreLook>,
  repository: string,
  wants: Wants,
): AsyncGenerator<readonly ItemFacts[]> {
  const look = await walks.look()
  if (repository === '') {
    const names = [...look.records().keys()].map((name): ItemName => ({ kind: 'cache', repository, name }))
    for (const page of pagesOf(names)) yield page.flatMap((name) => itemIn(look, name, wants) ?? [])
    return
  }
  const own = [...look.items.values()].filter((item) => item.repository === repository)
  for (const page of pagesOf(own)) yield page.flatMap((item) => factsIfThere(look, item, wants) ?? [])
}

/** What a prune takes away at this moment looks damaged. */
function factsIfThere(look: StoreLook, item: StoreImageItem, wants: Wants): ItemFacts | undefined {
  try {
    return storedFacts(look, item, wants)
  } catch (error) {
    if (look.store.images.list().some(({ manifestDigest }) => manifestDigest === item.image.manifestDigest)) throw error
    return undefined
  }
}

function itemIn(look: StoreLook, name: ItemName, wants: Wants): ItemFacts | undefined {
  if (name.kind === 'cache') {
    const use = look.records().get(name.name)
    return use && recordFacts(look, use)
  }
  const item = look.items.get(keyOf(name))
  return item && factsIfThere(look, item, wants)
}
