import type { ItemFacts, ItemName, RepositoryFacts } from '../../facts.ts'
import type { Expected, Inventory, Removal, Restored, RestoreOptions, TrashKeeper } from '../../ports.ts'
import { freedBy } from './freed-by.ts'
import { keyOf, ModelContent } from './model-content.ts'

export interface ModelOptions {
  readonly source?: Inventory['source']
  /** Default true. */
  readonly canUndo?: boolean
  /** Items of a page. Default 1000. */
  readonly pageSize?: number
  /** Called before and after each change, and before each look at an item: may throw, change the model, or never end. */
  readonly onCall?: (call: ModelCall) => void | Promise<void>
}

export interface ModelCall {
  readonly what: 'item' | 'remove' | 'restore' | 'purge' | 'items'
  readonly when: 'before' | 'after'
  /** Of the item, or `REPOSITORY@DIGEST`. */
  readonly name: string
}

/**
 * Repositories in memory, whose tags can be pushed, pulled, removed and given back: what plans are tried on. A tag that is removed leaves
 * its manifest behind until that is purged, and only if the trash that the model was given has it.
 */
export interface ModelInventory extends Inventory {
  readonly content: ModelContent
  /** Asked at each removal: without it, a removal that can be undone is an error. */
  setTrash(trash: TrashKeeper): void
  /** All items as text, `REPOSITORY:TAG DIGEST` and so on, sorted: to be compared. */
  state(): readonly string[]
}

export function createModelInventory(options: ModelOptions = {}): ModelInventory {
  const { source = 'registry', canUndo = true, pageSize = 1000, onCall = () => {} } = options
  const content = new ModelContent()
  let trash: TrashKeeper | undefined
  const around = async <T>(what: ModelCall['what'], name: string, work: () => Promise<T> | T): Promise<T> => {
    await onCall({ what, when: 'before', name })
    const result = await work()
    await onCall({ what, when: 'after', name })
    return result
  }
  const isTrashed = async (repository: string, digest: string): Promise<boolean> =>
    (await trash?.keeps(repository, [digest]))?.has(digest) === true

  const remove = async (item: ItemName, { digest }: Expected): Promise<Removal> => {
    const found = content.find(item)
    if (found === undefined) return { kind: 'gone' }
    if (found.digest !== digest) return { kind: 'drifted', about: `${item.name} leads to ${found.digest}` }
    const [guard] = found.guards
    if (guard !== undefined) return { kind: 'drifted', about: guard.about }
    if (canUndo && !(await isTrashed(item.repository, digest)))
      throw new Error(`${keyOf(item)} was about to go without an entry in the trash`)
    if (canUndo) content.removeItem(item)
    return { kind: 'removed', freed: canUndo ? 0 : content.destroy(item) }
  }
  const restore = async (item: ItemName, { digest, instead }: RestoreOptions): Promise<Restored> => {
    const now = content.find(item)
    if (now?.digest === digest) return { kind: 'there already' }
    if (!content.hasManifest(item.repository, digest)) return { kind: 'purged' }
    const tag = now === undefined ? item.name : instead
    content.setBack({ ...item, name: tag }, digest)
    return { kind: 'restored', tag }
  }
  const purge = async (repository: string, digest: string): Promise<number> =>
    (await isTrashed(repository, digest)) ? 0 : content.collect(repository, digest)

  async function* items(repository: string): AsyncGenerator<readonly ItemFacts[]> {
    const all: ItemFacts[] = []
    for (const item of content.itemsOf(repository)) {
      const isHidden = item.kind === 'untagged' && (await isTrashed(repository, item.digest))
      if (!isHidden) all.push(item)
    }
    for (let from = 0; from < all.length; from += pageSize) {
      await onCall({ what: 'items', when: 'before', name: repository })
      yield all.slice(from, from + pageSize)
    }
  }
  async function* repositories(): AsyncGenerator<RepositoryFacts> {
    yield* content.repositories()
  }
  return {
    content,
    source,
    canUndo,
    setTrash: (keeper) => {
      trash = keeper
    },
    state: () => content.state(),
    revision: async () => String(content.revision),
    repositories,
    items,
    item: async (name) => around('item', keyOf(name), () => content.find(name)),
    freedBy: async (names) => freedBy(content, names),
    remove: async (item, expected) => around('remove', keyOf(item), async () => remove(item, expected)),
    ...(canUndo && {
      undo: {
        restore: async (item: ItemName, asked: RestoreOptions) =>
          around('restore', keyOf(item), async () => restore(item, asked)),
        purge: async (repository: string, digest: string) =>
          around('purge', `${repository}@${digest}`, async () => purge(repository, digest)),
      },
    }),
  }
}
