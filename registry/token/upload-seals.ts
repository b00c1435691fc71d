import { createHmac, timingSafeEqual } from 'node:crypto'
import type { RepositoryName } from '../protocol/names.ts'

/** An upload, and who began it. */
export interface SealedUpload {
  readonly name: RepositoryName
  readonly id: string
  /** Empty for somebody who did not say who he is. */
  readonly subject: string
}

/** Signs addresses of uploads: who has one may go on with this upload, and do nothing else. */
export interface UploadSeals {
  /** What stands for the session in its address: `ID.UNTIL.SUBJECT.SIGNATURE`, all of it fit for a path as it is. */
  seal(upload: SealedUpload): string
  /** Who began an upload, by the seal behind its ID; undefined when it is not for this upload, is over, or not ours. */
  open(upload: Pick<SealedUpload, 'name' | 'id'>, seal: string): string | undefined
}

/** Milliseconds for which an address can be used. */
const lifetime = 24 * 3_600_000
/** Characters; of a subject of 384 bytes in base64url, and the rest. */
const longestSeal = 600

/** `secret` is that in force, of 32 bytes; `now` gives milliseconds since the epoch. */
export function createUploadSeals(secret: () => Uint8Array, now: () => number): UploadSeals {
  const sign = ({ id, name }: Pick<SealedUpload, 'name' | 'id'>, until: string, subject: string): Buffer =>
    createHmac('sha256', secret())
      .update(JSON.stringify(['upload', id, name, subject, until]))
      .digest()
  return {
    seal(upload) {
      const until = Math.floor((now() + lifetime) / 1000).toString(36)
      const subject = Buffer.from(upload.subject).toString('base64url')
      return [upload.id, until, subject, sign(upload, until, subject).toString('base64url')].join('.')
    },
    open({ name, id }, seal) {
      const [, until = '', encoded = '', signature = ''] =
        (seal.length <= longestSeal && /^([0-9a-z]{1,8})\.([\w-]*)\.([\w-]{43})$/.exec(seal)) || []
      // As text: bits at the end of base64url that stand for nothing are not free to be others.
      const expected = Buffer.from(sign({ name, id }, until, encoded).toString('base64url'))
      const given = Buffer.from(signature)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
      return Number.parseInt(until, 36) * 1000 > now() ? Buffer.from(encoded, 'base64url').toString() : undefined
    },
  }
}
