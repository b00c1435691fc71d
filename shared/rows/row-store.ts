/**
 * Rows of text under keys of text, in the order of their UTF-8 bytes, changed by atomic batches that can be made to depend on
 * rows. That is what a repository, a tag or a trusted collection is kept in; each room says which rows it has. An embedded
 * database and a server with transactions both can be behind it.
 */
export interface RowStore {
  get(key: string): Promise<string | undefined>
  /** In the order of `keys`. */
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>
  /** Rows whose key begins with `prefix`, in the order of keys, at one moment. Costs what it gives, not what there is. */
  list(range: RowRange): Promise<readonly Row[]>
  /**
   * Makes all changes or none, and resolves when they are durable. Whoever reads after that sees them. Rejects with
   * {@link ChangeConflict} when a row is not as expected. After any other failure the store may have taken them or not.
   */
  commit(change: Change): Promise<void>
  /** All rows as they are now; every change that resolved before this was called is in it. To be closed. */
  snapshot(): Promise<RowSnapshot>
  close(): Promise<void>
}

/**
 * Rows as they were at one moment, whatever is changed afterwards. What was changed since is kept on the disk as long as it
 * is open. A store that is closed, or opened anew after a failure, ends it: then listing rejects.
 */
export interface RowSnapshot {
  /** As {@link RowStore.list}. */
  list(range: RowRange): Promise<readonly Row[]>
  close(): Promise<void>
}

/**
 * When an answer may say that something is stored. `strict`: every change is synced on its own. `group`: changes that come
 * at the same time share a sync. `relaxed`: nothing is synced; a killed process loses nothing, a power cut may.
 */
export type Durability = 'strict' | 'group' | 'relaxed'

export interface Row {
  readonly key: string
  readonly value: string
}

export interface RowRange {
  readonly prefix: string
  /** Only keys after this one, which need not exist; it begins with `prefix`. */
  readonly after?: string
  /** At most so many. */
  readonly limit: number
  /** From the last to the first; `after` then is where it goes on downwards. */
  readonly reverse?: boolean
}

export interface Change {
  readonly put?: readonly Row[]
  readonly remove?: readonly string[]
  /** Rows behind the last ones of their logs, numbered as the change is made; see `log-rows.ts`. */
  readonly append?: readonly Appended[]
  /** Rows as they must be when the change is made; without a value, there must be none. */
  readonly expect?: readonly Expectation[]
  /** Beginnings of keys: when the change is made there must be no row with any of them, but those that it removes itself. */
  readonly expectNone?: readonly string[]
  /** True for what may be lost in a power cut, though not when the process is killed: it is not synced. */
  readonly isMinor?: boolean
}

/** A row whose number its log gives. */
export interface Appended {
  /** A kind of rows. */
  readonly log: string
  readonly value: string
}

export interface Expectation {
  readonly key: string
  readonly value: string | undefined
}

/** A row was not as a change expected it: somebody else was first. Look again and decide anew. */
export class ChangeConflict extends Error {
  override readonly name = 'ChangeConflict'
  readonly key: string

  constructor(key: string) {
    super('a row is not as expected')
    this.key = key
  }
}
