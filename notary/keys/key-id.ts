import type { KeyID } from '../tuf/types.ts'

/** True for 64 hex digits in lower case. */
export function isKeyID(text: string): text is KeyID {
  return /^[0-9a-f]{64}$/.test(text)
}
