import type { Caller, FileQuery, StoredFile } from '../store/collection-types.ts'
import { lifetimes as usualLifetimes } from '../tuf/metadata-json.ts'
import type { SignedDigests } from '../tuf/signed-digests.ts'
import type { Gun, PublicKey, RoleName, ServerRole } from '../tuf/types.ts'
import { type CollectionCopy, copyCollection, sourceOfCopy } from '../verifier/copy-collection.ts'
import { LiveCollections } from './live-collections.ts'
import { PublishError, refused } from './publish-error.ts'
import { Publisher } from './publisher.ts'
import type { Upload } from './read-upload.ts'
import { type RenewalOutcome, Renewals, type RenewalWish } from './renewals.ts'
import { ServerKeys } from './server-keys.ts'
import { signedDigestsOf } from './signed-digests.ts'
import { Turns } from './turns.ts'
import type { Adoption, NotaryService, NotaryServiceOptions, ServiceLimits } from './types.ts'
import { UploadReader } from './upload-reader.ts'
import { readUploads } from './uploads.ts'

const mebibyte = 1024 * 1024
const year = 365 * 24 * 60 * 60 * 1000

/** What is taken unless the configuration says otherwise. */
export const usualLimits: ServiceLimits = {
  files: 500,
  fileBytes: 64 * mebibyte,
  targets: 200_000,
  versionStep: 1000,
  lifetime: 30 * year,
  waiting: 50,
  newNames: 1000,
}

/**
 * A signing service on a store and a signer, both of which it closes. Timestamps are renewed behind it from now on.
 */
export function createNotaryService(options: NotaryServiceOptions): NotaryService {
  const service = new StoredNotaryService(options)
  service.start()
  return service
}

class StoredNotaryService implements NotaryService {
  readonly #options: NotaryServiceOptions
  readonly #limits: ServiceLimits
  readonly #now: () => number
  readonly #live: LiveCollections
  readonly #keys: ServerKeys
  readonly #publisher: Publisher
  readonly #renewals: Renewals
  readonly #turns: Turns<Gun>
  readonly #reader = new UploadReader()

  constructor(options: NotaryServiceOptions) {
    const { store, signer, limits, lifetimes, events = {}, now = Date.now } = options
    this.#options = options
    this.#limits = { ...usualLimits, ...limits }
    this.#now = now
    this.#live = new LiveCollections(store)
    this.#keys = new ServerKeys({ signer, newNames: this.#limits.newNames, now })
    const { snapshot, timestamp } = usualLifetimes
    this.#publisher = new Publisher({
      store,
      live: this.#live,
      keys: this.#keys,
      limits: this.#limits,
      lifetimes: { snapshot, timestamp, ...lifetimes },
      now,
    })
    const renew = (gun: Gun, wish: RenewalWish): Promise<RenewalOutcome> => this.#renew(gun, wish)
    this.#renewals = new Renewals({ store, renew, events, now })
    this.#turns = new Turns(this.#limits.waiting)
  }

  start(): void {
    this.#renewals.start()
  }

  async file(gun: Gun, query: FileQuery): Promise<StoredFile | undefined> {
    if (!('version' in query) && !('hash' in query)) await this.#renewExpired(gun, query.role)
    return this.#live.file(gun, query)
  }

  peekTimestamp(gun: Gun): StoredFile | undefined {
    const expires = this.#live.peekState(gun)?.files.get('timestamp')?.expires
    return expires === undefined || expires < this.#now() ? undefined : this.#live.peek(gun, 'timestamp')
  }

  async publish(gun: Gun, files: ReadonlyMap<RoleName, Uint8Array>, by: Caller = {}): Promise<void> {
    const { events } = this.#options
    try {
      const isNew = await this.#publish(gun, await readUploads(files, this.#limits, this.#reader), by)
      events?.onPublish?.(gun, isNew ? 'published' : 'unchanged')
    } catch (error) {
      events?.onPublish?.(gun, error instanceof PublishError ? error.code : 'UNAVAILABLE')
      throw error
    }
  }

  async key(gun: Gun, role: ServerRole): Promise<PublicKey> {
    const state = await this.#live.state(gun)
    if (state === undefined) return this.#keys.firstKey(gun, role)
    const root = await this.#live.root(state)
    return (await this.#keys.heldKey(gun, root.roles[role])) ?? this.#keys.nextKey(gun, role)
  }

  async rotateKey(gun: Gun, role: ServerRole, by: Caller = {}): Promise<PublicKey> {
    const state = await this.#live.state(gun)
    const key = await (state === undefined ? this.#keys.firstKey(gun, role) : this.#keys.nextKey(gun, role))
    await this.#options.store.noteRotation(gun, { role, id: key.id, by, at: this.#now() })
    return key
  }

  async remove(gun: Gun, by: Caller = {}): Promise<void> {
    await this.#turns.take(gun, async () => {
      await this.#options.store.remove(gun, this.#now(), by)
      this.#live.removed(gun)
      this.#renewals.untrack(gun)
    })
  }

  changes: NotaryService['changes'] = (query) => this.#options.store.changes(query)

  async adopt(gun: Gun, sent: Pick<CollectionCopy, 'roots' | 'files'>, by: Caller = {}): Promise<Adoption> {
    const copy = await copyCollection(gun, sourceOfCopy(sent), { now: this.#now })
    return this.#turns.take(gun, async () => {
      const { adoption, state } = await this.#publisher.adopt(gun, copy, by)
      if (state !== undefined) this.#renewals.track(state)
      return adoption
    })
  }

  audit: NotaryService['audit'] = (page) => this.#options.store.audit(page)

  collections: NotaryService['collections'] = (page) => this.#options.store.collections(page)

  async signedDigests(gun: Gun): Promise<SignedDigests> {
    const state = await this.#live.state(gun)
    return state === undefined ? new Map() : signedDigestsOf(this.#live, state)
  }

  watch(listener: (gun: Gun) => void): void {
    this.#live.watch(listener)
  }

  async trustVersion(gun: Gun): Promise<string | undefined> {
    return (await this.#live.state(gun))?.revision
  }

  minRemainingValidity(): number | undefined {
    return this.#renewals.minRemaining()
  }

  async health(): Promise<ReadonlyMap<string, string>> {
    const { store, signer } = this.#options
    const problems = new Map<string, string>()
    const note = async (name: string, check: () => Promise<unknown>): Promise<void> => {
      try {
        await check()
      } catch (error) {
        problems.set(name, error instanceof Error ? error.message : String(error))
      }
    }
    await note('database', () => store.collections({ limit: 1 }))
    await note('signer', () => signer.check())
    return problems
  }

  async close(): Promise<void> {
    await this.#renewals.close()
    await this.#turns.idle()
    await this.#reader.close()
    await this.#options.signer.close()
    await this.#options.store.close()
  }

  async #publish(gun: Gun, uploads: ReadonlyMap<RoleName, Upload>, by: Caller): Promise<boolean> {
    if (this.#turns.isFull(gun)) {
      throw refused('TOO_MANY_REQUESTS', `${this.#limits.waiting} publishes of this collection wait already`)
    }
    return this.#turns.take(gun, async () => {
      const state = await this.#publisher.publish(gun, uploads, by)
      if (state === undefined) return false
      this.#keys.forget(gun)
      this.#renewals.track(state)
      return true
    })
  }

  async #renew(gun: Gun, wish: RenewalWish): Promise<RenewalOutcome> {
    return this.#turns.take(gun, async () => {
      const outcome = await this.#publisher.renew(gun, wish)
      if (outcome.state !== undefined) this.#renewals.track(outcome.state)
      return outcome
    })
  }

  /** Renewal is not a reader's business, but after a long night of the server, or of its signer, it is better late than never. */
  async #renewExpired(gun: Gun, role: RoleName): Promise<void> {
    if (role !== 'timestamp' && role !== 'snapshot') return
    const expires = (await this.#live.state(gun))?.files.get('timestamp')?.expires
    if (expires !== undefined && expires < this.#now()) await this.#renewals.renewNow(gun)
  }
}
