import type { ItemFacts, ItemName, RepositoryFacts, Source, Wants } from './facts.ts'

/**
 * What a policy is applied to. Others implement it. Errors of reading reject as they are: then nothing is decided, and nothing removed.
 */
export interface Inventory {
  readonly source: Source
  /** False where nothing that is removed can come back: then there is no trash. */
  readonly canUndo: boolean
  /** True where what goes may have been all that held others: a run that may goes on to those. */
  readonly isInPasses?: boolean
  /** Names of the keys that it can be asked for in {@link Wants.keys}; to ask for another one is an error. Undefined: none. */
  readonly signers?: readonly string[] | undefined
  /** A text that is another one whenever what a policy looks at may have changed; for plans. */
  revision(): Promise<string>
  /** In byte order. Volumes and records are in the repository with the empty name, which comes first where there are any. */
  repositories(): AsyncIterable<RepositoryFacts>
  /** All items of a repository, page by page: tags in byte order, then the others. Each page at most 1000. */
  items(repository: string, wants: Wants): AsyncIterable<readonly ItemFacts[]>
  /** One of them as it is now. Undefined when it is gone. */
  item(name: ItemName, wants: Wants): Promise<ItemFacts | undefined>
  /** What would go if these went and were purged: shared content counts when all that have it go. */
  freedBy(items: readonly ItemName[]): Promise<Freed>
  /**
   * Takes an item away, if its digest is still that one: a tag alone, never what others lead to. Where {@link canUndo}, what it led to
   * stays pullable by digest until {@link Undoable.purge}; who calls it wrote the item into the trash before, which the source asks.
   * Removing what is gone already is 'gone'. A tag that leads elsewhere, and whatever came to be in use, is 'drifted'.
   */
  remove(item: ItemName, expected: Expected): Promise<Removal>
  /** Where {@link canUndo}. */
  readonly undo?: Undoable
}

export interface Expected {
  readonly digest: string
  /** For history and events: `policy VERSION` or a person. */
  readonly by: string
  /** For events: why it goes, the word of the decision. */
  readonly reason?: string | undefined
}

export type Removal =
  | { readonly kind: 'removed'; readonly freed: number }
  | { readonly kind: 'gone' }
  | { readonly kind: 'drifted'; readonly about: string }

export interface Freed {
  /** Bytes that go. */
  readonly bytes: number
  /** Bytes that stay because others have them, and some of those: `REPOSITORY:TAG`. */
  readonly shared: number
  readonly sharedWith: readonly string[]
}

export interface Undoable {
  /**
   * Gives a tag back what it led to. When the tag is used again it is set as `instead`, which the answer tells. 'purged' when the content
   * is no more.
   */
  restore(item: ItemName, options: RestoreOptions): Promise<Restored>
  /** Hands what nothing keeps any more to whoever frees it, referrers and children with it. Resolves to bytes that will go, as far as known. */
  purge(repository: string, digest: string): Promise<number>
}

export interface RestoreOptions extends Expected {
  /** The tag to take when the old one leads elsewhere by now: one that led nowhere, or to the same, a moment ago. */
  readonly instead: string
}

export type Restored =
  | { readonly kind: 'restored'; readonly tag: string }
  | { readonly kind: 'there already' }
  | { readonly kind: 'purged' }

/** What the trash keeps: asked by whoever frees content. */
export interface TrashKeeper {
  /** Which of the digests must stay in the repository. */
  keeps(repository: string, digests: readonly string[]): Promise<ReadonlySet<string>>
  /** Until when; milliseconds since the epoch. */
  until(repository: string, digest: string): Promise<number | undefined>
}

/** Copies an image from a registry: what mirror jobs do. */
export interface Mirror {
  /** Copies when the source's tag leads to something new. Errors: those of the registries. */
  refresh(
    image: string,
    to: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly digest: string; readonly isNew: boolean }>
}
