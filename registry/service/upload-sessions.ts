import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { isName, parseName } from '../protocol/names.ts'
import type { UploadBytes } from '../storage/blob-types.ts'
import type { UploadDigest } from '../storage/intake/upload-digest.ts'
import { type UploadRow, uploadRows } from '../storage/rows.ts'
import type { ServiceParts } from './parts.ts'
import type { QuotaShare } from './quota.ts'
import { idleEnough, type UploadLimits } from './upload-limits.ts'

/** A session as this process knows it. Only one request works with it at a time. */
export interface UploadSession {
  readonly id: string
  readonly name: RepositoryName
  row: UploadRow
  isBusy: boolean
  /** By the clock that nobody sets, as is when a request used it for the last time. */
  readonly startedAt: number
  usedAt: number
  /** Its bytes, while they are open. */
  open: OpenSession | undefined
  /** Its bytes, as they count for the quota of the repository. */
  readonly share: QuotaShare
}

export interface OpenSession {
  readonly bytes: UploadBytes
  readonly digest: UploadDigest
}

export type SessionParts = Pick<ServiceParts, 'now' | 'elapsed' | 'quota'>

/**
 * All sessions there are. They are few, so they are in memory, read from the metadata when they are first needed. How old those
 * of an earlier process are is looked up then, by the times that were written down; from then on a clock that is set, as after
 * a start without the network, makes none of them older.
 *
 * The clock may have been set between the two processes as well, which nobody can tell from time that passed. So whatever it
 * says, a session that was there has {@link idleEnough} left for its client to go on with it: set ahead, it ends no fresh
 * upload. And a time of use that lies ahead of now by more than a session may be idle counts as long ago: set back, the clock
 * keeps none for more than twice that time, unless no process lives for {@link idleEnough}.
 */
export class UploadSessions {
  readonly #metadata: RowStore
  readonly #limits: UploadLimits
  readonly #parts: SessionParts
  readonly #sessions = new Map<string, UploadSession>()
  readonly #perRepository = new Map<string, number>()
  #loading: Promise<void> | undefined

  constructor(metadata: RowStore, limits: UploadLimits, parts: SessionParts) {
    this.#metadata = metadata
    this.#limits = limits
    this.#parts = parts
  }

  /** BLOB_UPLOAD_UNKNOWN, also for a session of another repository: nobody learns that it is there. */
  async get(name: RepositoryName, id: string): Promise<UploadSession> {
    await this.#load()
    const session = this.#sessions.get(id)
    if (session?.name === name) return session
    throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'there is no such upload: start a new one', { detail: { id } })
  }

  async all(): Promise<readonly UploadSession[]> {
    await this.#load()
    return [...this.#sessions.values()]
  }

  async has(id: string): Promise<boolean> {
    await this.#load()
    return this.#sessions.has(id)
  }

  /** Sessions that nobody works with and that are older than they may be; with `isCrowded` also those idle for a while. */
  async stale(isCrowded: boolean): Promise<readonly UploadSession[]> {
    return (await this.all()).filter((session) => this.isStale(session, isCrowded))
  }

  isStale({ isBusy, startedAt, usedAt }: UploadSession, isCrowded: boolean): boolean {
    const now = this.#parts.elapsed()
    const idleTime = isCrowded ? Math.min(idleEnough, this.#limits.idleTime) : this.#limits.idleTime
    return !isBusy && (now - usedAt > idleTime || now - startedAt > this.#limits.totalTime)
  }

  /** Undefined when there are as many as there may be. */
  async add(id: string, row: UploadRow): Promise<UploadSession | undefined> {
    await this.#load()
    const { sessions, sessionsPerRepository } = this.#limits
    const ofRepository = this.#perRepository.get(row.name) ?? 0
    return this.#sessions.size >= sessions || ofRepository >= sessionsPerRepository ? undefined : this.#put(id, row)
  }

  delete({ id, name, share }: UploadSession): void {
    if (!this.#sessions.delete(id)) return
    share.end()
    const left = (this.#perRepository.get(name) ?? 1) - 1
    if (left > 0) this.#perRepository.set(name, left)
    else this.#perRepository.delete(name)
  }

  #put(id: string, row: UploadRow): UploadSession {
    const elapsed = this.#parts.elapsed()
    const idle = this.#idleSince(row.at)
    const age = Math.min(idle + Math.max(0, row.at - row.startedAt), oldest(this.#limits.totalTime))
    const [startedAt, usedAt] = [elapsed - age, elapsed - idle]
    const name = parseName(row.name)
    const share = this.#parts.quota.open(name)
    share.set(row.offset)
    const session = { id, name, row, isBusy: false, startedAt, usedAt, open: undefined, share }
    this.#sessions.set(id, session)
    this.#perRepository.set(row.name, (this.#perRepository.get(row.name) ?? 0) + 1)
    return session
  }

  /** Milliseconds since a time that was written down. */
  #idleSince(at: number): number {
    const { idleTime } = this.#limits
    const idle = this.#parts.now() - at
    return idle < -idleTime ? oldest(idleTime) : Math.min(Math.max(0, idle), oldest(idleTime))
  }

  async #load(): Promise<void> {
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  async #read(): Promise<void> {
    const rows: Row[] = []
    for await (const row of eachRow(this.#metadata, uploadRows.prefix())) rows.push(row)
    for (const { key, value } of rows) {
      const row = readOrNothing<UploadRow>(uploadRows, key, value)
      // A damaged one is no session; its bytes go as those of none.
      if (row !== undefined && isName(row.name)) this.#put(lastPart(key), row)
    }
  }
}

/** The age at which {@link idleEnough} is left. */
function oldest(most: number): number {
  return Math.max(0, most - idleEnough)
}
