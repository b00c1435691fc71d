import type { JsonObject } from '../../shared/base/json.ts'
import { canonicalText } from './canonical.ts'
import { methodOf } from './key.ts'
import type { PublicKey, SigningKey } from './types.ts'

/**
 * A file of metadata: `signed` with the signatures of all `keys`, in their order, as the reference programs write it. METADATA_INVALID
 * when `signed` has no canonical form; errors of keys pass through.
 */
export async function signMetadata(signed: JsonObject, keys: readonly SigningKey[]): Promise<Buffer> {
  const text = canonicalText(signed)
  const message = Buffer.from(text)
  const signatures = await Promise.all(keys.map(async (key) => ({ key: key.key, bytes: await key.sign(message) })))
  return writeMetadata(text, signatures)
}

/** Who signed, and the signature as it stands in metadata before base64. */
export interface MadeSignature {
  readonly key: Pick<PublicKey, 'id' | 'type'>
  readonly bytes: Uint8Array
}

/** The file of what was signed, in its canonical form, and signatures of that. */
export function writeMetadata(canonicalSigned: string, signatures: readonly MadeSignature[]): Buffer {
  const list = signatures.map(({ key, bytes }) => ({
    keyid: key.id,
    method: methodOf(key.type),
    sig: Buffer.from(bytes).toString('base64'),
  }))
  return Buffer.from(`{"signed":${escapeForWire(canonicalSigned)},"signatures":${JSON.stringify(list)}}`)
}

/** As Go's encoder escapes it, control characters included: what is signed may hold them bare, JSON may not. */
function escapeForWire(text: string): string {
  return text.replaceAll(unsafe, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const unsafe = /[\u0000-\u001f<>&\u2028\u2029]/g
