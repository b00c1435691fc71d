import { Recent } from '../../shared/base/recent.ts'
import type { FileQuery, StoredFile } from '../store/collection-types.ts'
import type { CollectionState, NewFile, TrustStore } from '../store/types.ts'
import { readRoot, readTargets } from '../tuf/read-metadata.ts'
import type { Gun, RoleName, Root, TargetsRole } from '../tuf/types.ts'
import type { Delegations } from './check-targets.ts'
import type { Upload } from './read-upload.ts'

const mebibyte = 1024 * 1024

/** How much is held in memory. */
const limits = { states: 10_000, fileBytes: 64 * mebibyte, parsed: 10_000 }

/**
 * Collections as they are now, with what was used of them last: this process alone changes them, so what is in memory is what is
 * stored. Of old metadata only what a publish needs is kept: who may sign.
 */
export class LiveCollections {
  readonly #store: TrustStore
  readonly #states = new Recent<Gun, CollectionState>(limits.states)
  /** By life, role and version: what such a file is never changes. */
  readonly #files = new Recent<string, StoredFile>(limits.fileBytes, ({ bytes }) => bytes.length)
  readonly #roots = new Recent<string, Root>(limits.parsed)
  readonly #delegations = new Recent<string, Delegations>(limits.parsed)
  /** How often something was changed: what was read before a change may be of before it. */
  #changes = 0
  readonly #listeners: ((gun: Gun) => void)[] = []

  constructor(store: TrustStore) {
    this.#store = store
  }

  /** Tells of each change once it can be read. */
  watch(listener: (gun: Gun) => void): void {
    this.#listeners.push(listener)
  }

  async state(gun: Gun): Promise<CollectionState | undefined> {
    const known = this.#states.get(gun)
    if (known !== undefined) return known
    const changes = this.#changes
    const state = await this.#store.state(gun)
    if (state !== undefined && changes === this.#changes) this.#states.set(gun, state)
    return state
  }

  /** The collection when it is in memory. */
  peekState(gun: Gun): CollectionState | undefined {
    return this.#states.peek(gun)
  }

  /** The current file of a role when it is in memory. */
  peek(gun: Gun, role: RoleName): StoredFile | undefined {
    const state = this.#states.peek(gun)
    const current = state?.files.get(role)
    if (state === undefined || current === undefined) return undefined
    return this.#files.peek(keyOf(state, role, current.version))
  }

  /** As {@link TrustStore.file}. */
  async file(gun: Gun, query: FileQuery): Promise<StoredFile | undefined> {
    const state = await this.state(gun)
    if (state === undefined) return undefined
    const current = state.files.get(query.role)
    const isCurrent =
      current !== undefined &&
      (!('version' in query) || query.version === current.version) &&
      (!('hash' in query) || query.hash === current.sha256 || query.hash === current.sha512)
    if (isCurrent) return this.#current(state, query.role, current.version)
    return 'version' in query || 'hash' in query ? this.#store.file(gun, query) : undefined
  }

  async root(state: CollectionState): Promise<Root> {
    const bytes = async (): Promise<Buffer> => this.#bytes(state, 'root')
    return this.#parsed(this.#roots, state, 'root', async () => readRoot(await bytes()).signed)
  }

  /** Undefined for a role without a file. */
  async delegations(state: CollectionState, role: TargetsRole): Promise<Delegations | undefined> {
    if (!state.files.has(role)) return undefined
    const read = async (): Promise<Delegations> => readTargets(await this.#bytes(state, role), role).signed.delegations
    return this.#parsed(this.#delegations, state, role, read)
  }

  /** The bytes of a current file. */
  async bytes(state: CollectionState, role: RoleName): Promise<Buffer> {
    return this.#bytes(state, role)
  }

  /** A publication is made: `parsed` is what was read of its files. */
  published(state: CollectionState, files: readonly NewFile[], parsed: ReadonlyMap<RoleName, Upload['signed']>): void {
    this.#changes++
    this.#states.set(state.gun, state)
    for (const { role, version, bytes, sha256 } of files) {
      const key = keyOf(state, role, version)
      const storedAt = state.files.get(role)?.storedAt ?? 0
      // A copy: these may be a small part of what came with them.
      this.#files.set(key, { role, version, bytes: Buffer.from(bytes), sha256, storedAt })
      const signed = parsed.get(role)
      if (signed?.type === 'Root') this.#roots.set(key, signed)
      if (signed?.type === 'Targets') this.#delegations.set(key, signed.delegations)
    }
    for (const listener of this.#listeners) listener(state.gun)
  }

  removed(gun: Gun): void {
    this.#changes++
    this.#states.delete(gun)
    for (const listener of this.#listeners) listener(gun)
  }

  async #current(state: CollectionState, role: RoleName, version: number): Promise<StoredFile | undefined> {
    const key = keyOf(state, role, version)
    const known = this.#files.get(key)
    if (known !== undefined) return known
    const file = await this.#store.file(state.gun, { role, version })
    // Another life of the collection may have begun meanwhile.
    if (file !== undefined && file.sha256 === state.files.get(role)?.sha256) this.#files.set(key, file)
    return file
  }

  async #bytes(state: CollectionState, role: RoleName): Promise<Buffer> {
    const version = state.files.get(role)?.version
    const file = version === undefined ? undefined : await this.#current(state, role, version)
    if (file === undefined) throw new Error(`${role}.json of ${state.gun} is not stored`)
    return file.bytes
  }

  async #parsed<T>(
    cache: Recent<string, T>,
    state: CollectionState,
    role: RoleName,
    read: () => Promise<T>,
  ): Promise<T> {
    const key = keyOf(state, role, state.files.get(role)?.version ?? 0)
    const known = cache.get(key)
    if (known !== undefined) return known
    const value = await read()
    cache.set(key, value)
    return value
  }
}

function keyOf({ id }: CollectionState, role: RoleName, version: number): string {
  return `${id} ${role} ${version}`
}
