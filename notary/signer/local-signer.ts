import { createPrivateKey, type KeyObject } from 'node:crypto'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { Recent } from '../../shared/base/recent.ts'
import { ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'
import { newPrivateKey } from '../keys/key-ring.ts'
import { signingKey } from '../keys/signing-key.ts'
import type { HeldKey, Signer } from '../service/types.ts'
import type { Gun, KeyID, PublicKey, ServerRole, SigningKey } from '../tuf/types.ts'
import { changeSecret, openMasterKey } from './master-key.ts'
import { type KeyRow, keyRows, keyValue, masterRow, pendingRows } from './rows.ts'
import { seal, unseal } from './seal.ts'
import type { SignerSecret } from './secret.ts'

export interface LocalSignerOptions {
  /** For the signer alone; closed with it. */
  readonly rows: RowStore
  readonly secret: SignerSecret
  /** Of new keys; default `ed25519`. */
  readonly type?: 'ecdsa' | 'ed25519'
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Keys that are kept unlocked in memory; default 10 000. */
  readonly mostUnlocked?: number
}

/** Signs in this process, with keys that are sealed at rest. */
export interface LocalSigner extends Signer {
  /** Locks all keys with another secret. Errors: SIGNER_INVALID when `from` is not the one that they are locked with. */
  changeSecret(from: SignerSecret, to: SignerSecret): Promise<void>
}

/** A key that was unsealed. */
interface Unsealed {
  readonly gun: Gun
  readonly signing: SigningKey
  /** Removes the mark that it never signed, the first time; then nothing. */
  markUsed(): Promise<void>
}

/** Opens the keys of a signer, or begins. Errors: SIGNER_INVALID, STORE_INVALID. */
export async function openLocalSigner(options: LocalSignerOptions): Promise<LocalSigner> {
  const { rows, secret, mostUnlocked = 10_000 } = options
  const keys = new Keys(options, await openMasterKey(rows, secret), new Recent(mostUnlocked))
  return {
    createKey: (gun, role) => available(() => keys.create(gun, role)),
    heldKey: (id) => available(() => keys.held(id)),
    sign: (id, message) => available(() => keys.sign(id, message)),
    check: () => available(() => keys.check()),
    changeSecret: (from, to) => changeSecret(rows, { from, to }),
    close: () => rows.close(),
  }
}

class Keys {
  readonly #options: LocalSignerOptions
  readonly #master: Buffer
  readonly #recent: Recent<KeyID, Unsealed>

  constructor(options: LocalSignerOptions, master: Buffer, recent: Recent<KeyID, Unsealed>) {
    this.#options = options
    this.#master = master
    this.#recent = recent
  }

  async create(gun: Gun, role: ServerRole): Promise<PublicKey> {
    const { rows, type = 'ed25519', now } = this.#options
    const pending = pendingRows.key(role, gun)
    const known = await rows.get(pending)
    if (known !== undefined) return (await this.#require(pendingRows.parse(pending, known))).signing.key
    const privateKey = newPrivateKey(type)
    const { key } = signingKey(privateKey)
    const sealed = seal(
      this.#master,
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      bindingOf({ gun, role, key }),
    )
    const value = keyValue({ gun, role, key, at: now(), sealed })
    const put = [{ key: keyRows.key(key.id), value }, pendingRows.row([role, gun], key.id)]
    try {
      await rows.commit({ put, expect: [{ key: pending, value: undefined }] })
      return key
    } catch (error) {
      if (error instanceof ChangeConflict) return this.create(gun, role) // somebody else was first: theirs
      throw error
    }
  }

  async sign(id: KeyID, message: Uint8Array): Promise<Buffer> {
    const key = await this.#require(id)
    await key.markUsed()
    return key.signing.sign(message)
  }

  /** What has to work before anything can be signed. */
  async check(): Promise<void> {
    if ((await this.#options.rows.get(masterRow.key())) === undefined) throw new Error('the master key is gone')
  }

  async held(id: KeyID): Promise<HeldKey | undefined> {
    const key = await this.#unsealed(id)
    return key && { gun: key.gun, key: key.signing.key }
  }

  async #unsealed(id: KeyID): Promise<Unsealed | undefined> {
    const recent = this.#recent.get(id)
    if (recent !== undefined) return recent
    const value = await this.#options.rows.get(keyRows.key(id))
    if (value === undefined) return undefined
    const row = keyRows.parse(keyRows.key(id), value)
    const made = { gun: row.gun, signing: signingKey(this.#unseal(id, row), row.key), markUsed: this.#marker(id, row) }
    this.#recent.set(id, made)
    return made
  }

  async #require(id: KeyID): Promise<Unsealed> {
    const key = await this.#unsealed(id)
    if (key === undefined) throw new IbuildError('SIGNER_KEY_UNKNOWN', `the signer does not hold the key ${id}`)
    return key
  }

  #unseal(id: KeyID, row: KeyRow): KeyObject {
    const der = unseal(this.#master, row.sealed, bindingOf(row))
    if (der === undefined || row.key.id !== id) {
      throw new IbuildError('STORE_INVALID', `the ${row.role} key ${id} of ${row.gun} was damaged or changed`)
    }
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  }

  /** All who sign wait until it is durable. */
  #marker(id: KeyID, { role, gun }: KeyRow): Unsealed['markUsed'] {
    let marking: Promise<void> | undefined
    return () => {
      marking ??= this.#removePending(id, pendingRows.key(role, gun)).catch((error: unknown) => {
        marking = undefined
        throw error
      })
      return marking
    }
  }

  async #removePending(id: KeyID, pending: string): Promise<void> {
    const { rows } = this.#options
    const value = await rows.get(pending)
    if (value === undefined || pendingRows.parse(pending, value) !== id) return
    try {
      await rows.commit({ remove: [pending], expect: [{ key: pending, value }] })
    } catch (error) {
      if (!(error instanceof ChangeConflict)) throw error
    }
  }
}

/** A sealed key that was moved to another place is none. */
function bindingOf({ gun, role, key }: Pick<KeyRow, 'gun' | 'role' | 'key'>): string {
  return `ibuild notary signer 1 key ${gun} ${role} ${key.type} ${key.id}`
}

/** What goes wrong with the database is told as what it means for those who want signatures. */
async function available<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (isIbuildError(cause, 'SIGNER_KEY_UNKNOWN')) throw cause
    const reason = cause instanceof Error ? cause.message : 'unknown reason'
    const hint = 'See that the disk of the signer is neither full nor damaged.'
    throw new IbuildError('SIGNER_UNAVAILABLE', `the signer cannot do it now: ${reason}`, { cause, hint })
  }
}
