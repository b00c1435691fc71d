import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, digestFromHash, digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { ReadMember } from './members.ts'

/** Bytes that must have a digest; their reader gets an error at the end when they have not, or as soon as they are too many. */
export class CheckedContent implements AsyncIterable<Uint8Array> {
  readonly #digest: Digest
  readonly #size: number
  readonly #bytes: AsyncIterable<Uint8Array>
  /** What the reader got, of ours: that of the source is none. */
  failure: Error | undefined

  constructor(digest: Digest, size: number, bytes: AsyncIterable<Uint8Array>) {
    this.#digest = digest
    this.#size = size
    this.#bytes = bytes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = createHash(algorithmOf(this.#digest))
    let size = 0
    for await (const piece of this.#bytes) {
      size += piece.byteLength
      if (size > this.#size) throw this.#fail()
      hash.update(piece)
      yield piece
    }
    if (digestFromHash(hash.digest(), algorithmOf(this.#digest)) !== this.#digest) throw this.#fail()
  }

  #fail(): Error {
    this.failure = new Error(`the content of ${this.#digest} is damaged`)
    return this.failure
  }
}

/** All bytes of a member that its digest names, at most so many. BACKUP_INVALID. */
export async function verified(digest: Digest, member: ReadMember, most: number): Promise<Uint8Array> {
  const bytes = await wholeOf(member, most)
  return digestOf(bytes, algorithmOf(digest)) === digest ? bytes : fail(`${member.name} of the backup is damaged`)
}

/** All bytes of a member, at most so many. BACKUP_INVALID. */
export async function wholeOf({ name, size, bytes }: ReadMember, most: number): Promise<Uint8Array> {
  if (size > most) throw invalid(`${name} of the backup has ${size} bytes, more than ${most}`)
  const pieces: Uint8Array[] = []
  let read = 0
  for await (const piece of bytes) {
    read += piece.byteLength
    if (read > most) throw invalid(`${name} of the backup has more than ${most} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** Refuses a backup. */
export function fail(message: string): never {
  throw invalid(message)
}

/** What refuses a backup. */
export function invalid(message: string, hint?: string): IbuildError {
  return new IbuildError('BACKUP_INVALID', message, hint === undefined ? {} : { hint })
}
