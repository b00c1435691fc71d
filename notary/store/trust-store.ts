import { setImmediate as turn } from 'node:timers/promises'
import { type AuditLimits, type AuditPage, readAudit } from '../../shared/audit/audit-rows.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import { ChangeConflict, type Row, type RowStore } from '../../shared/rows/row-store.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import { auditedEntry, auditedPublication } from './audit-log.ts'
import { loggedChange, readChanges } from './change-rows.ts'
import { clearDead } from './clear-dead.ts'
import type { Caller, FileQuery, StoredFile } from './collection-types.ts'
import { fileKey, readFileRow, rowsOfFile } from './file-rows.ts'
import { clearOld } from './old-files.ts'
import { collectionRows, deadRows, gunOf, hashRows } from './rows.ts'
import { published, stateOf } from './state.ts'
import {
  type CollectionState,
  type KeyRotation,
  type Publication,
  PublicationConflict,
  type Retention,
  type TrustStore,
} from './types.ts'

const mebibyte = 1024 * 1024
const hour = 60 * 60 * 1000

/** A slow client that learnt a name is done with it long before; caches may keep a timestamp for some minutes. */
const usualRetention: Retention = { time: 24 * hour, bytes: 64 * mebibyte }

export interface TrustStoreOptions {
  readonly retention?: Partial<Retention>
  readonly audit?: Partial<AuditLimits>
  /** Is told what went wrong behind what was answered. */
  readonly onFailure?: (error: unknown) => void
}

/** A trust store on rows that {@link withLogs} is around. Closing it closes them. */
export function createTrustStore(rows: RowStore, options: TrustStoreOptions = {}): TrustStore {
  return new RowTrustStore(rows, options)
}

class RowTrustStore implements TrustStore {
  readonly #rows: RowStore
  readonly #retention: Retention
  readonly #onFailure: (error: unknown) => void
  #clearing: Promise<void> = Promise.resolve()
  readonly #closing = new AbortController()

  constructor(rows: RowStore, { retention, onFailure = () => {} }: TrustStoreOptions) {
    this.#rows = rows
    this.#retention = { ...usualRetention, ...retention }
    this.#onFailure = onFailure
    this.#clearBehind()
  }

  async state(gun: Gun): Promise<CollectionState | undefined> {
    const key = collectionRows.key(gun)
    const value = await this.#rows.get(key)
    return value === undefined ? undefined : stateOf({ key, value })
  }

  async file(gun: Gun, query: FileQuery): Promise<StoredFile | undefined> {
    const state = await this.state(gun)
    if (state === undefined) return undefined
    const version = await this.#versionOf(state, query)
    if (version === undefined) return undefined
    const place = { id: state.id, role: query.role, version }
    const value = await this.#rows.get(fileKey(place))
    return value === undefined ? undefined : readFileRow(place, value)
  }

  async publish(gun: Gun, publication: Publication): Promise<CollectionState> {
    const { before, files, at, version, sha256 } = publication
    if (files.some((file) => file.version <= lastVersion(before, file.role)))
      throw new PublicationConflict('an old version')
    const key = collectionRows.key(gun)
    const { put, remove, old } = await clearOld(this.#rows, publication, this.#retention)
    const { row, state } = published(gun, publication, old)
    const change = {
      put: [row, ...put, ...files.flatMap((file) => rowsOfFile(state.id, file, at))],
      remove,
      append: [loggedChange({ at, gun, version, sha256, category: 'update' }), ...auditedPublication(gun, publication)],
      expect: [{ key, value: before?.stored }],
    }
    await this.#rows.commit(change).catch(asConflict)
    return state
  }

  async remove(gun: Gun, at: number, by: Caller = {}): Promise<boolean> {
    const key = collectionRows.key(gun)
    const value = await this.#rows.get(key)
    if (value === undefined) return false
    const { id } = stateOf({ key, value })
    const change = {
      put: [deadRows.row([id], true)],
      remove: [key],
      append: [
        loggedChange({ at, gun, version: 0, sha256: '', category: 'deletion' }),
        auditedEntry({ at, action: 'delete', gun, ...by }),
      ],
      expect: [{ key, value }],
    }
    try {
      await this.#rows.commit(change)
    } catch (error) {
      if (error instanceof ChangeConflict) return this.remove(gun, at, by)
      throw error
    }
    this.#clearBehind()
    return true
  }

  async noteRotation(gun: Gun, { at, by, role, id }: KeyRotation): Promise<void> {
    await this.#rows.commit({ append: [auditedEntry({ at, action: 'rotate', gun, ...by, key: { role, id } })] })
  }

  audit(page: Parameters<TrustStore['audit']>[0]): Promise<AuditPage> {
    return readAudit(this.#rows, page)
  }

  changes: TrustStore['changes'] = (query) => readChanges(this.#rows, query)

  async states({ after, limit }: Parameters<TrustStore['states']>[0]): Promise<CollectionState[]> {
    return (await this.#list(after, limit)).map(stateOf)
  }

  async collections({ after, limit }: Parameters<TrustStore['collections']>[0]): Promise<Gun[]> {
    return (await this.#list(after, limit)).map(({ key }) => gunOf(key))
  }

  #list(after: string | undefined, limit: number): Promise<readonly Row[]> {
    const range = { prefix: collectionRows.prefix(), limit }
    return this.#rows.list(after === undefined ? range : { ...range, after: collectionRows.key(after) })
  }

  async idle(): Promise<void> {
    await this.#clearing
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#clearing
    await this.#rows.close()
  }

  async #versionOf(state: CollectionState, query: FileQuery): Promise<number | undefined> {
    if ('version' in query) return query.version
    if (!('hash' in query)) return state.files.get(query.role)?.version
    const key = hashRows.key(state.id, query.role, query.hash)
    const value = await this.#rows.get(key)
    return value === undefined ? undefined : hashRows.parse(key, value)
  }

  /** Clears away what dead collections had, one after the other, behind what asked for it. */
  #clearBehind(): void {
    this.#clearing = this.#clearAfter(this.#clearing)
  }

  async #clearAfter(others: Promise<void>): Promise<void> {
    await others
    try {
      await turn()
      for (;;) {
        const [dead] = await this.#rows.list({ prefix: deadRows.prefix(), limit: 1 })
        if (dead === undefined || this.#closing.signal.aborted) return
        await clearDead(this.#rows, lastPart(dead.key), this.#closing.signal)
      }
    } catch (error) {
      this.#onFailure(error)
    }
  }
}

function lastVersion(state: CollectionState | undefined, role: RoleName): number {
  return state?.files.get(role)?.version ?? state?.gone.get(role) ?? 0
}

function asConflict(error: unknown): never {
  throw error instanceof ChangeConflict
    ? new PublicationConflict('the collection is another one', { cause: error })
    : error
}
