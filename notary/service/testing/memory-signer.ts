import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { IbuildError } from '../../../shared/base/errors.ts'
import { keyFromSpki } from '../../tuf/key.ts'
import type { Gun, KeyID, PublicKey, ServerRole } from '../../tuf/types.ts'
import { schemeOf } from '../../tuf/verify.ts'
import type { Signer } from '../types.ts'

/** A signer whose keys are gone with it, for tests; and what they do to it. */
export interface MemorySigner extends Signer {
  /** Keys that were made. */
  readonly keys: ReadonlyMap<KeyID, KeyObject>
  /** From now on nothing can be signed; or again. */
  setDown(isDown: boolean): void
  /** How many signatures were made. */
  signatures(): number
}

export function createMemorySigner(): MemorySigner {
  const keys = new Map<KeyID, KeyObject>()
  const pending = new Map<string, PublicKey>()
  const places = new Map<KeyID, string>()
  const guns = new Map<KeyID, Gun>()
  let isDown = false
  let signatures = 0
  const check = async (): Promise<void> => {
    if (isDown) throw new IbuildError('SIGNER_UNAVAILABLE', 'the signer is down')
  }
  return {
    keys,
    setDown: (down) => {
      isDown = down
    },
    signatures: () => signatures,
    createKey: async (gun: Gun, role: ServerRole) => {
      await check()
      const place = `${role} ${gun}`
      const known = pending.get(place)
      if (known !== undefined) return known
      const { privateKey } = generateKeyPairSync('ed25519')
      const key = keyFromSpki(privateKey)
      keys.set(key.id, privateKey)
      pending.set(place, key)
      places.set(key.id, place)
      guns.set(key.id, gun)
      return key
    },
    heldKey: async (id) => {
      await check()
      const [key, gun] = [keys.get(id), guns.get(id)]
      return key === undefined || gun === undefined ? undefined : { gun, key: keyFromSpki(key) }
    },
    sign: async (id, message) => {
      await check()
      const key = keys.get(id)
      if (key === undefined) throw new IbuildError('SIGNER_KEY_UNKNOWN', `no key ${id}`)
      pending.delete(places.get(id) ?? '')
      signatures++
      const { digest, options } = schemeOf('ed25519', key)
      return sign(digest, message, options)
    },
    check,
    close: async () => {},
  }
}
