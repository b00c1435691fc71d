import { IbuildError, isIbuildError } from '../base/errors.ts'
import { createBallast, freeBytes } from './ballast.ts'
import type { CommitTarget, RowBatch } from './commit-queue.ts'
import { type Database, databaseError } from './level-database.ts'
import { bytesToOpen, type DatabaseKind, type Notify, openOrRepair, writeFormat } from './open-level.ts'
import type { Row, RowRange } from './row-store.ts'

/** Milliseconds between two tries to write or open again what would not. */
const retryAfter = 500

export interface HandleOptions {
  readonly notify: Notify
  /** Bytes. */
  readonly ballast: number
}

/**
 * A database that is opened anew after a write failed: what LevelDB appends to a log after a write that was cut short cannot
 * be read any more, so nothing more is written there. Until the new one took a synced write, all writes are refused. On a
 * full disk the ballast is given back first. While it is opened, readers wait.
 */
export class LevelHandle implements CommitTarget {
  readonly #folder: string
  readonly #kind: DatabaseKind
  readonly #notify: Notify
  readonly #ballast
  #database: Database | undefined
  #opening: Promise<Database> | undefined
  /** Why writes are refused, or why there is no database. */
  #failure: IbuildError | undefined
  #triedAt = Number.NEGATIVE_INFINITY
  #isClosed = false
  #readers = 0
  #onNoReaders: (() => void) | undefined

  constructor(folder: string, kind: DatabaseKind, { notify, ballast }: HandleOptions) {
    this.#folder = folder
    this.#kind = kind
    this.#notify = notify
    this.#ballast = createBallast(`${folder}/ballast`, ballast)
  }

  /** As {@link openOrRepair}; on a full disk with what the ballast gives back. */
  async open(): Promise<void> {
    const open = (): Promise<Database> => openOrRepair(this.#folder, this.#kind, this.#notify)
    this.#database = await open().catch(async (error: unknown) => {
      if (!isIbuildError(error, 'DISK_FULL') || !(await this.#ballast.release())) throw error
      return open()
    })
    void this.#ballast.restore()
  }

  /** Runs `work` on the database, which stays open until it is done. */
  async read<T>(work: (database: Database) => T | Promise<T>): Promise<T> {
    const database = this.#database ?? (await this.#reopened())
    this.#readers++
    try {
      return await work(database)
    } finally {
      this.#readers--
      if (this.#readers === 0) this.#onNoReaders?.()
    }
  }

  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    return this.read((database) => database.getMany(keys))
  }

  list(range: RowRange): Promise<readonly Row[]> {
    return this.read((database) => database.list(range))
  }

  async write(batch: RowBatch, isSynced: boolean): Promise<void> {
    if (this.#failure !== undefined) await this.#recover(this.#failure)
    try {
      await this.read((database) => database.write(batch, isSynced))
    } catch (error) {
      await this.#writeWithBallast(this.#refuse(error), batch, isSynced)
    }
    void this.#ballast.restore()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#opening?.catch(() => {})
    await this.#ballast.restore()
    await this.#end()
  }

  /** What frees space elsewhere has to be written here first. */
  async #writeWithBallast(failure: IbuildError, batch: RowBatch, isSynced: boolean): Promise<void> {
    if (failure.code !== 'DISK_FULL' || !(await this.#ballast.release())) throw failure
    await this.#recover(failure)
    try {
      await this.read((database) => database.write(batch, isSynced))
    } catch (error) {
      throw this.#refuse(error)
    }
  }

  #refuse(error: unknown): IbuildError {
    const failure = error instanceof IbuildError ? error : databaseError(error, this.#kind.what)
    if (this.#failure === undefined) this.#notify(`${failure.message}; nothing is written until that is over`)
    this.#failure = failure
    return failure
  }

  async #recover(failure: IbuildError): Promise<void> {
    if (this.#isTooEarly()) throw failure
    this.#triedAt = performance.now()
    if (failure.code === 'DISK_FULL') await this.#makeRoom(failure)
    const database = await this.#reopened()
    try {
      await writeFormat(database, this.#kind)
    } catch (error) {
      throw this.#refuse(error)
    }
    this.#failure = undefined
    this.#notify(`${this.#kind.what} can be written again`)
  }

  async #makeRoom(failure: IbuildError): Promise<void> {
    await this.#ballast.release()
    // One that was closed and could not be opened would not even be read.
    if ((await freeBytes(this.#folder)) < (await bytesToOpen(this.#folder))) throw failure
  }

  /** Closes the database when its readers are done; those who come later wait for the next one. */
  async #end(): Promise<void> {
    const database = this.#database
    this.#database = undefined
    if (this.#readers > 0) await new Promise<void>((resolve) => (this.#onNoReaders = resolve))
    await database?.close()
  }

  #reopened(): Promise<Database> {
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #reopen(): Promise<Database> {
    const hadOne = this.#database !== undefined
    // Who closes it waits for its readers already.
    if (!this.#isClosed) await this.#end()
    if (this.#isClosed) throw new Error('the store of rows is closed')
    if (!hadOne && this.#failure !== undefined && this.#isTooEarly()) throw this.#failure
    try {
      this.#database = await openOrRepair(this.#folder, this.#kind, this.#notify)
      return this.#database
    } catch (error) {
      this.#triedAt = performance.now()
      throw this.#refuse(error)
    }
  }

  #isTooEarly(): boolean {
    return performance.now() < this.#triedAt + retryAfter
  }
}
