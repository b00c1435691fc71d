import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../../shared/base/json.ts'
import { canonicalText } from '../canonical.ts'
import { fileMetaOf } from '../file-meta.ts'
import { parseGun } from '../gun.ts'
import { expiryOf, keysJson, snapshotJson, targetJson, targetsJson, timestampJson } from '../metadata-json.ts'
import { readMetadata } from '../read-metadata.ts'
import { baseRoles, isTargetsRole, parentOf, parseRole } from '../role.ts'
import type { BaseRole, FileMeta, Gun, Metadata, RoleName, TargetsRole } from '../types.ts'
import { signMetadata } from '../write-metadata.ts'
import { firstJson, newKeys, type RoleSigners, rootOf } from './first-json.ts'
import { arrayOf, numberOf, objectOf } from './json.ts'
import type { TestKey } from './keys.ts'

/** What is to be signed of a role, and by whom. */
interface Draft {
  readonly json: JsonObject
  readonly keys: readonly TestKey[]
  /** Done to the signed file before it is served. */
  readonly damage: ((bytes: Buffer) => Buffer) | undefined
  /** To be published with the next version. */
  readonly isChanged: boolean
}

/** Files of one publish, and those that a server keeps of earlier ones, by their names in URLs. */
export interface Published {
  readonly gun: Gun
  /** The current file of each role, by role. */
  readonly files: ReadonlyMap<RoleName, Buffer>
  /** By the end of the URL: `timestamp.json`, `2.root.json`, `targets/a.<sha256>.json`. */
  readonly served: ReadonlyMap<string, Buffer>
}

export interface CollectionOptions {
  /** Default `localhost:5000/team/app`. */
  readonly gun?: string
  /** When files are signed; milliseconds since the epoch, default now. */
  readonly now?: number
  /** Keys of roles in place of one new one each: P-256, for the root with a certificate, for the timestamp Ed25519. */
  readonly keys?: Partial<Readonly<Record<BaseRole, readonly TestKey[]>>>
  /** Default 1. */
  readonly thresholds?: Partial<Readonly<Record<BaseRole, number>>>
}

/**
 * A collection whose keys are all at hand, to be changed well or badly. Each {@link publish} signs what was changed, with its next version,
 * and the next versions of the snapshot and of the timestamp; `edit`, `signWith` and `damage` do just what they say and bump nothing.
 */
export class TestCollection {
  readonly gun: Gun
  now: number
  #keys: Record<BaseRole, readonly TestKey[]>
  readonly #thresholds: Record<BaseRole, number>
  readonly #drafts = new Map<RoleName, Draft>()
  readonly #promises = new Map<RoleName, (promise: JsonObject) => JsonObject | undefined>()
  readonly #served = new Map<string, Buffer>()
  readonly #signed = new Map<RoleName, { readonly text: string; readonly bytes: Buffer }>()
  #isPublished = false

  constructor(options: CollectionOptions = {}) {
    this.gun = parseGun(options.gun ?? 'localhost:5000/team/app')
    this.now = options.now ?? Date.now()
    this.#keys = { ...newKeys(this.gun), ...options.keys }
    this.#thresholds = { root: 1, targets: 1, snapshot: 1, timestamp: 1, ...options.thresholds }
    for (const role of baseRoles) this.#draft(role, firstJson(role, this.#signers()), this.#keys[role])
  }

  /** Keys that a role of the root has, as they will be published. */
  keysOf(role: BaseRole): readonly TestKey[] {
    return this.#keys[role]
  }

  /** Lists a target; its content may be given instead of its description. */
  addTarget(name: string, target: string | FileMeta, role: TargetsRole = 'targets', custom?: JsonValue): this {
    const meta = typeof target === 'string' ? fileMetaOf(Buffer.from(target)) : target
    return this.#change(role, (json) => {
      const targets = { ...objectOf(json['targets']), [name]: targetJson({ ...meta, custom }) }
      return { ...json, targets }
    })
  }

  removeTarget(name: string, role: TargetsRole = 'targets'): this {
    return this.#change(role, (json) => {
      const others = Object.entries(objectOf(json['targets'])).filter(([key]) => key !== name)
      return { ...json, targets: Object.fromEntries(others) }
    })
  }

  /** Lets `keys` sign `name`, in its parent, and gives it an empty file. Default: all names, threshold 1. */
  delegate(
    name: string,
    keys: readonly TestKey[],
    options: { paths?: readonly string[]; threshold?: number } = {},
  ): this {
    const role = parseRole(name)
    if (!isTargetsRole(role) || role === 'targets') throw new Error(`${name} is no delegation`)
    const { paths = [''], threshold = 1 } = options
    this.#change(parentOf(role), (json) => {
      const old = objectOf(json['delegations'])
      const added = { name: role, keyids: keys.map(({ key }) => key.id), threshold, paths }
      const roles = [...arrayOf(old['roles']), added]
      return {
        ...json,
        delegations: { keys: { ...objectOf(old['keys']), ...keysJson(keys.map(({ key }) => key)) }, roles },
      }
    })
    const { version, expires } = { version: 1, expires: expiryOf(role, this.now) }
    return this.#draft(role, targetsJson({ version, expires, targets: [] }), keys)
  }

  /** Takes a delegation away from its parent, and its file unless told. */
  undelegate(role: TargetsRole, options: { keepFile?: boolean } = {}): this {
    if (role === 'targets') throw new Error('targets is no delegation')
    this.#change(parentOf(role), (json) => {
      const old = objectOf(json['delegations'])
      const roles = arrayOf(old['roles']).filter((each) => objectOf(each)['name'] !== role)
      return { ...json, delegations: { ...old, roles } }
    })
    return options.keepFile === true ? this : this.drop(role)
  }

  /** Changes what snapshot or timestamp say of a role, from now on; undefined: nothing. */
  promise(role: RoleName, change: (promise: JsonObject) => JsonObject | undefined): this {
    this.#promises.set(role, change)
    return this
  }

  /** Gives a role other keys, in the next root. That is signed by the old root keys as well. */
  rotate(role: BaseRole, keys: readonly TestKey[], threshold = 1): this {
    const old = this.#keys.root
    this.#keys = { ...this.#keys, [role]: keys }
    this.#thresholds[role] = threshold
    const version = numberOf(this.json('root')['version'])
    this.#change('root', () => rootOf(version, this.#signers()))
    if (role !== 'root') return this.#drafts.has(role) ? this.signWith(role, keys) : this
    return this.signWith('root', [...keys, ...old.filter((key) => !keys.includes(key))])
  }

  /** What is to be signed of a role. */
  json(role: RoleName): JsonObject {
    return this.#get(role).json
  }

  /** Changes what is to be signed. Hashes in snapshot and timestamp are filled in at {@link publish}, after this. */
  edit(role: RoleName, change: (json: JsonObject) => JsonObject): this {
    const draft = this.#get(role)
    this.#drafts.set(role, { ...draft, json: change(draft.json) })
    return this
  }

  /** Other keys sign a role, whether they may or not. */
  signWith(role: RoleName, keys: readonly TestKey[]): this {
    this.#drafts.set(role, { ...this.#get(role), keys })
    return this
  }

  /** Changes the bytes of a file after it is signed. Snapshot and timestamp promise what comes of it. */
  damage(role: RoleName, change: ((bytes: Buffer) => Buffer) | undefined): this {
    this.#drafts.set(role, { ...this.#get(role), damage: change })
    return this
  }

  /** From now on there is no such role in the snapshot, and no file of it. */
  drop(role: RoleName): this {
    this.#drafts.delete(role)
    return this
  }

  /**
   * Signs everything. `keepPromises`: snapshot and timestamp promise the files as they were before they were damaged. `keepVersions`: no
   * version is raised.
   */
  async publish(options: { keepPromises?: boolean; keepVersions?: boolean } = {}): Promise<Published> {
    if (this.#isPublished && options.keepVersions !== true) this.#bump()
    this.#isPublished = true
    const files = new Map<RoleName, Buffer>()
    const promised = new Map<RoleName, FileMeta>()
    const add = async (role: RoleName): Promise<void> => {
      const { damage } = this.#get(role)
      const signed = await this.#sign(role)
      const bytes = damage?.(signed) ?? signed
      files.set(role, bytes)
      promised.set(role, fileMetaOf(options.keepPromises === true ? signed : bytes))
    }
    for (const role of this.#drafts.keys()) if (role === 'root' || isTargetsRole(role)) await add(role)
    if (this.#drafts.has('snapshot')) {
      this.edit('snapshot', (json) => ({
        ...json,
        meta: this.#promised(snapshotJson({ version: 1, expires: 0, meta: promised })),
      }))
      await add('snapshot')
    }
    const snapshot = promised.get('snapshot')
    if (this.#drafts.has('timestamp') && snapshot !== undefined) {
      this.edit('timestamp', (json) => ({
        ...json,
        meta: this.#promised(timestampJson({ version: 1, expires: 0, snapshot })),
      }))
      await add('timestamp')
    }
    for (const [role, bytes] of files) this.#serve(role, bytes)
    return { gun: this.gun, files, served: new Map(this.#served) }
  }

  /** What was signed by the same keys before is the same file. */
  async #sign(role: RoleName): Promise<Buffer> {
    const { json, keys } = this.#get(role)
    const text = `${keys.map(({ key }) => key.id).join(' ')} ${canonicalText(json)}`
    const known = this.#signed.get(role)
    const bytes = known?.text === text ? known.bytes : await signMetadata(json, keys)
    this.#signed.set(role, { text, bytes })
    return bytes
  }

  #serve(role: RoleName, bytes: Buffer): void {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const version = JSON.stringify(this.json(role)['version'])
    for (const name of [`${role}.json`, `${version}.${role}.json`, `${role}.${sha256}.json`])
      this.#served.set(name, bytes)
  }

  #promised(json: JsonObject): JsonObject {
    const entries = Object.entries(objectOf(json['meta'])).flatMap(([name, value]) => {
      const change = this.#promises.get(parseRole(name))
      const promise = change === undefined ? objectOf(value) : change(objectOf(value))
      return promise === undefined ? [] : [[name, promise] as const]
    })
    return Object.fromEntries(entries)
  }

  #bump(): void {
    for (const [role, draft] of this.#drafts) {
      const isNext = draft.isChanged || role === 'snapshot' || role === 'timestamp'
      const version = numberOf(draft.json['version']) + (isNext ? 1 : 0)
      this.#drafts.set(role, { ...draft, json: { ...draft.json, version }, isChanged: false })
    }
  }

  #draft(role: RoleName, json: JsonObject, keys: readonly TestKey[]): this {
    this.#drafts.set(role, { json, keys, damage: undefined, isChanged: false })
    return this
  }

  #change(role: RoleName, change: (json: JsonObject) => JsonObject): this {
    this.edit(role, change)
    this.#drafts.set(role, { ...this.#get(role), isChanged: this.#isPublished })
    return this
  }

  #get(role: RoleName): Draft {
    const draft = this.#drafts.get(role)
    if (draft === undefined) throw new Error(`the test has no role ${role}`)
    return draft
  }

  #signers(): RoleSigners {
    return { keys: this.#keys, thresholds: this.#thresholds, now: this.now }
  }
}

/** Reads all files of a publish. */
export function readAll(published: Published): ReadonlyMap<RoleName, Metadata> {
  return new Map([...published.files].map(([role, bytes]) => [role, readMetadata(role, bytes)]))
}
