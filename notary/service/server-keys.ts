import { Recent } from '../../shared/base/recent.ts'
import type { Gun, KeyID, PublicKey, RoleKeys, ServerRole, SigningKey } from '../tuf/types.ts'
import { refused } from './publish-error.ts'
import type { HeldKey, Signer } from './types.ts'

const mostRemembered = 10_000
const hour = 60 * 60 * 1000

export interface ServerKeysOptions {
  readonly signer: Signer
  /** Names that there are not yet and that get keys, in an hour. */
  readonly newNames: number
  readonly now: () => number
}

/** Keys that the server signs with: which of a role are held, and new ones. */
export class ServerKeys {
  readonly #options: ServerKeysOptions
  /** Keys that are held: what a signer has it never loses. */
  readonly #held = new Recent<KeyID, HeldKey>(mostRemembered)
  /** Keys that names got which there are not yet, so that who asks again costs nothing. */
  readonly #promised = new Recent<string, PublicKey>(mostRemembered)
  #hourBegan = Number.NEGATIVE_INFINITY
  #inThisHour = 0

  constructor(options: ServerKeysOptions) {
    this.#options = options
  }

  /** As many keys of a role as must sign; undefined when not so many are held for the collection. Errors: SIGNER_UNAVAILABLE. */
  async signingKeys(gun: Gun, { keyIDs, threshold }: RoleKeys): Promise<readonly SigningKey[] | undefined> {
    const keys: SigningKey[] = []
    for (const id of keyIDs) {
      if (keys.length === threshold) break
      const key = await this.#find(id, gun)
      if (key !== undefined) keys.push({ key, sign: (message) => this.#options.signer.sign(id, message) })
    }
    return keys.length < threshold ? undefined : keys
  }

  /** The first key of a role that is held for the collection. Errors: SIGNER_UNAVAILABLE. */
  async heldKey(gun: Gun, { keyIDs }: RoleKeys): Promise<PublicKey | undefined> {
    for (const id of keyIDs) {
      const key = await this.#find(id, gun)
      if (key !== undefined) return key
    }
    return undefined
  }

  /** A key that is to be in the next root of a collection. Errors: SIGNER_UNAVAILABLE. */
  async nextKey(gun: Gun, role: ServerRole): Promise<PublicKey> {
    return this.#options.signer.createKey(gun, role)
  }

  /**
   * The same for a collection that there is not yet. Anybody who may push can ask for any name, and each key is kept, so only some new
   * names come in an hour. Errors: TOO_MANY_REQUESTS, SIGNER_UNAVAILABLE.
   */
  async firstKey(gun: Gun, role: ServerRole): Promise<PublicKey> {
    const place = `${role} ${gun}`
    const known = this.#promised.get(place)
    if (known !== undefined) return known
    this.#countName()
    const key = await this.nextKey(gun, role)
    this.#promised.set(place, key)
    return key
  }

  /** What was promised to a name is used now. */
  forget(gun: Gun): void {
    for (const role of ['snapshot', 'timestamp'] as const) this.#promised.delete(`${role} ${gun}`)
  }

  /**
   * Undefined for keys of other collections as well. Anybody may write their IDs into a root of his own: a timestamp that was signed
   * for it would be one of theirs.
   */
  async #find(id: KeyID, gun: Gun): Promise<PublicKey | undefined> {
    const held = this.#held.get(id) ?? (await this.#options.signer.heldKey(id))
    if (held === undefined) return undefined
    this.#held.set(id, held)
    return held.gun === gun ? held.key : undefined
  }

  #countName(): void {
    const { now, newNames } = this.#options
    const at = now()
    if (at >= this.#hourBegan + hour || at < this.#hourBegan) {
      this.#hourBegan = at
      this.#inThisHour = 0
    }
    // Each name asks for the keys of two roles.
    if (this.#inThisHour >= 2 * newNames) {
      throw refused('TOO_MANY_REQUESTS', `keys for ${newNames} new names were made within an hour; try again later`)
    }
    this.#inThisHour++
  }
}
