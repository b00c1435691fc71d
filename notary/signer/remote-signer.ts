import { Agent } from 'node:https'
import { IbuildError } from '../../shared/base/errors.ts'
import { asObject, asString, required } from '../../shared/base/json.ts'
import { Recent } from '../../shared/base/recent.ts'
import type { HeldKey, Signer } from '../service/types.ts'
import { base64Bytes } from '../tuf/fields.ts'
import { isGun } from '../tuf/gun.ts'
import { readKey } from '../tuf/key.ts'
import type { KeyID, PublicKey } from '../tuf/types.ts'
import { isSignatureOf } from '../tuf/verify.ts'
import type { SignerCall } from './protocol.ts'
import { exchange, type RemoteSignerOptions, type SignerAnswer, unavailable } from './remote-exchange.ts'

/** Connections that are kept, and how long without a request. */
const [mostSockets, idleTime] = [8, 30_000]

/**
 * A signer in another process, which this one shows a certificate to. What it sends is checked: a signature that is not by the key
 * that was asked for is an error of the signer, and never gets into metadata.
 */
export function createRemoteSigner(options: RemoteSignerOptions): Signer {
  const { ca, certificate, key } = options.tls
  const agent = new Agent({
    ca,
    cert: certificate,
    key,
    minVersion: 'TLSv1.3',
    keepAlive: true,
    maxSockets: mostSockets,
    timeout: idleTime,
  })
  const keys = new Recent<KeyID, HeldKey>(10_000)
  const ask = (call: SignerCall): Promise<SignerAnswer> => exchange(options, agent, call)
  const find = async (id: KeyID): Promise<HeldKey | undefined> => {
    const known = keys.get(id)
    if (known !== undefined) return known
    const found = await ask({ call: 'find', id })
    if (found.status === 404) return undefined
    const read = heldKeyOf(options, found, id)
    keys.set(id, read)
    return read
  }
  return {
    createKey: async (gun, role) => {
      const made = keyOf(options, await ask({ call: 'create', gun, role }))
      keys.set(made.id, { gun, key: made })
      return made
    },
    heldKey: find,
    sign: async (id, message) => {
      const [own, answer] = await Promise.all([find(id), ask({ call: 'sign', id, message })])
      if (own === undefined || answer.status === 404) throw unknownKey(id)
      const signature = signatureOf(options, answer)
      if (!isSignatureOf(own.key, message, signature))
        throw unavailable(options, 'it gives a signature that is not by its key')
      return signature
    },
    check: async () => {
      const { status } = await ask({ call: 'check' })
      if (status !== 200) throw unavailable(options, `it answers ${status}`)
    },
    close: async () => agent.destroy(),
  }
}

const place = { code: 'SIGNER_UNAVAILABLE', path: 'answer of the signer' } as const

function heldKeyOf(options: RemoteSignerOptions, answer: SignerAnswer, id: KeyID): HeldKey {
  const key = keyOf(options, answer)
  if (key.id !== id) throw unavailable(options, 'it gives another key than it was asked for')
  const gun = required(asObject(answer.json, place), 'gun', place, asString)
  if (!isGun(gun)) throw unavailable(options, 'it gives a key of no collection')
  return { gun, key }
}

function keyOf(options: RemoteSignerOptions, { status, json }: SignerAnswer): PublicKey {
  if (status !== 200) throw unavailable(options, `it answers ${status}`)
  const key = readKey(json, place)
  if (key.type === undefined) throw unavailable(options, 'it gives a key of a type that is not known')
  return key
}

function signatureOf(options: RemoteSignerOptions, { status, json }: SignerAnswer): Buffer {
  if (status !== 200) throw unavailable(options, `it answers ${status}`)
  return required(asObject(json, place), 'signature', place, base64Bytes)
}

function unknownKey(id: KeyID): IbuildError {
  return new IbuildError('SIGNER_KEY_UNKNOWN', `the signer does not hold the key ${id}`)
}
