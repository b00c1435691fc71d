import type { KeyID, PublicKey, RoleKeys, UnknownKey } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import type { Upload } from './read-upload.ts'

/**
 * True when signatures that are not true of the canonical form are true of the text as it was written, which stock clients sign when a
 * target has custom data in another order or spelling. Nobody may take them for that, but it can be said what is wrong.
 */
export function isSignedAsWritten(
  { bytes, signatures }: Pick<Upload, 'bytes' | 'signatures'>,
  role: RoleKeys,
  keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>,
): boolean {
  const text = bytes.toString()
  const [start, end] = [text.indexOf(before), text.lastIndexOf(behind)]
  if (start !== 0 || end < 0) return false
  const written = Buffer.from(text.slice(before.length, end).replaceAll(escaped, unescape))
  return verifySignatures({ canonical: written, signatures }, role, keys).missing === 0
}

const before = '{"signed":'
const behind = ',"signatures":'

/** What the encoder of stock clients escapes on the wire alone. */
const escaped = /\\u(?:003c|003e|0026|2028|2029)/g

function unescape(text: string): string {
  return String.fromCharCode(Number.parseInt(text.slice(2), 16))
}
