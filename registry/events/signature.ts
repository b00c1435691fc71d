import { createHmac } from 'node:crypto'

/** The header that holds {@link signatureOf}. */
export const signatureHeader = 'x-ibuild-signature'

/**
 * Proves that whoever sent the body has the secret, and when: `t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA256 of `SECONDS.BODY`.
 * A receiver computes it anew, compares in constant time, and refuses times that are too far from its own.
 */
export function signatureOf(body: Uint8Array, secret: Uint8Array, at: number): string {
  const seconds = Math.floor(at / 1000)
  const hex = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')
  return `t=${seconds},v1=${hex}`
}
