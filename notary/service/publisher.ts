import type { Caller } from '../store/collection-types.ts'
import {
  type CollectionState,
  type NewFile,
  type Publication,
  PublicationConflict,
  type TrustStore,
} from '../store/types.ts'
import type { FileMeta, Gun, RoleName, Root } from '../tuf/types.ts'
import type { CollectionCopy } from '../verifier/copy-collection.ts'
import { type Adopted, adoptInto } from './adopt-collection.ts'
import { type Decided, decidePublication, fileOf } from './decide-publication.ts'
import type { LiveCollections } from './live-collections.ts'
import { conflict, invalidUpdate } from './publish-error.ts'
import type { Upload } from './read-upload.ts'
import type { RenewalOutcome, RenewalWish } from './renewals.ts'
import type { ServerKeys } from './server-keys.ts'
import { metaOf, signSnapshot, signTimestamp } from './sign-files.ts'
import type { ServiceLimits, SigningLifetimes } from './types.ts'

export interface PublisherOptions {
  readonly store: TrustStore
  readonly live: LiveCollections
  readonly keys: ServerKeys
  readonly limits: ServiceLimits
  readonly lifetimes: SigningLifetimes
  readonly now: () => number
}

/**
 * Makes what clients send current, with what the server signs, and renews what the server signed. One call for a collection at a time:
 * whoever calls sees to that.
 */
export class Publisher {
  readonly #options: PublisherOptions

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** The collection afterwards; undefined when all of it was there already. Errors: INVALID_UPDATE, VERSION, SIGNER_UNAVAILABLE. */
  async publish(gun: Gun, sent: ReadonlyMap<RoleName, Upload>, by: Caller): Promise<CollectionState | undefined> {
    const { live, limits, now } = this.#options
    const before = await live.state(gun)
    const uploads = new Map([...sent].filter(([role, { sha256 }]) => before?.files.get(role)?.sha256 !== sha256))
    if (before !== undefined && uploads.size === 0) return undefined
    const terms = { now: now(), limits }
    const decided = await decidePublication({ gun, before, uploads, live, terms })
    const files = [...uploads.values()].map(fileOf)
    files.push(...(await this.#sign({ gun, before }, decided)))
    const parsed = new Map([...uploads].map(([role, { signed }]) => [role, signed] as const))
    const audit = { action: 'publish', by } as const
    const state = await this.#store(gun, { before, files, dropped: decided.dropped, audit })
    live.published(state, files, parsed)
    return state
  }

  /** Takes over what another server had. Errors: TRUST_CONFLICT. */
  async adopt(gun: Gun, copy: CollectionCopy, by: Caller): Promise<Adopted> {
    const { store, live, now } = this.#options
    return adoptInto(gun, copy, { store, live, by, at: now() })
  }

  /** Signs anew what is wished for of what is there, if the keys are held here. Errors: SIGNER_UNAVAILABLE. */
  async renew(gun: Gun, wish: RenewalWish): Promise<RenewalOutcome & { readonly state: CollectionState | undefined }> {
    const { live } = this.#options
    const before = await live.state(gun)
    if (before === undefined) return { isRenewed: false, holds: { timestamp: true, snapshot: true }, state: undefined }
    const { files, holds } = await this.#signAgain(before, await live.root(before), wish)
    if (files.length === 0) return { isRenewed: false, holds, state: undefined }
    const state = await this.#store(gun, { before, files, dropped: [] })
    live.published(state, files, new Map())
    return { isRenewed: true, holds, state }
  }

  async #sign(
    { gun, before }: { readonly gun: Gun; readonly before: CollectionState | undefined },
    { root, meta, snapshot }: Decided,
  ): Promise<NewFile[]> {
    const keys = snapshot === undefined ? await this.#options.keys.signingKeys(gun, root.roles.snapshot) : []
    if (keys === undefined) {
      const problem = 'no snapshot was included in update and server does not hold current snapshot key for repository'
      throw invalidUpdate('ErrBadHierarchy', `${problem}${await this.#advice(before, snapshot)}`, 'snapshot')
    }
    const timestampKeys = await this.#options.keys.signingKeys(gun, root.roles.timestamp)
    if (timestampKeys === undefined) {
      const problem = 'no  timestamp keys exist on the server' // two blanks, as the reference server writes it
      throw invalidUpdate('ErrBadRoot', `${problem}${await this.#advice(before, snapshot)}`)
    }
    const made = snapshot === undefined ? [await signSnapshot(meta, { ...this.#terms(before, 'snapshot'), keys })] : []
    const promise = promiseOf(made[0] ?? (snapshot && fileOf(snapshot)))
    return [...made, await signTimestamp(promise, { ...this.#terms(before, 'timestamp'), keys: timestampKeys })]
  }

  /** What to do about a collection that was taken over from another server, and still has the keys of that. */
  async #advice(before: CollectionState | undefined, snapshot: Upload | undefined): Promise<string> {
    const { live, keys } = this.#options
    if (before === undefined) return ''
    const { gun } = before
    const { timestamp } = (await live.root(before)).roles
    if ((await keys.signingKeys(gun, timestamp)) !== undefined) return ''
    const command =
      snapshot === undefined
        ? `ibuild trust rotate ${gun} timestamp snapshot`
        : `notary key rotate ${gun} timestamp -r, or ibuild trust rotate ${gun} timestamp`
    return `; those of the collection are on the server that it was imported from. Run first: ${command}`
  }

  async #signAgain(
    before: CollectionState,
    root: Root,
    wish: RenewalWish,
  ): Promise<{ readonly files: readonly NewFile[]; readonly holds: RenewalWish }> {
    const { gun } = before
    const keys = await this.#options.keys.signingKeys(gun, root.roles.timestamp)
    const snapshotKeys = await this.#options.keys.signingKeys(gun, root.roles.snapshot)
    const holds = { timestamp: keys !== undefined, snapshot: snapshotKeys !== undefined }
    const current = before.files.get('snapshot')
    const made: NewFile[] = []
    if (keys === undefined || current === undefined) return { files: made, holds }
    if (wish.snapshot && snapshotKeys !== undefined) {
      made.push(await signSnapshot(listedIn(before), { ...this.#terms(before, 'snapshot'), keys: snapshotKeys }))
    } else if (!wish.timestamp) return { files: made, holds }
    const promise = made[0] === undefined ? metaOf(current) : promiseOf(made[0])
    return { files: [...made, await signTimestamp(promise, { ...this.#terms(before, 'timestamp'), keys })], holds }
  }

  #terms(
    before: CollectionState | undefined,
    role: 'snapshot' | 'timestamp',
  ): { readonly version: number; readonly expires: number } {
    const { lifetimes, now } = this.#options
    return { version: (before?.files.get(role)?.version ?? 0) + 1, expires: now() + lifetimes[role] }
  }

  async #store(
    gun: Gun,
    publication: Pick<Publication, 'before' | 'files' | 'dropped' | 'audit'>,
  ): Promise<CollectionState> {
    const { store, now } = this.#options
    const timestamp = publication.files.find(({ role }) => role === 'timestamp')
    const { version = 0, sha256 = '' } = timestamp ?? {}
    try {
      return await store.publish(gun, { ...publication, version, sha256, at: now() })
    } catch (error) {
      if (!(error instanceof PublicationConflict)) throw error
      throw conflict(
        'publish conflict: the collection was changed meanwhile; nothing was changed: run the command again',
      )
    }
  }
}

/** What a snapshot of a collection promises. */
function listedIn({ files }: CollectionState): Map<RoleName, FileMeta> {
  const meta = new Map([...files].map(([role, file]) => [role, metaOf(file)]))
  meta.delete('snapshot')
  meta.delete('timestamp')
  return meta
}

function promiseOf(file: NewFile | undefined): FileMeta {
  if (file === undefined) throw new Error('there is no snapshot')
  return metaOf({ ...file, length: file.bytes.length })
}
