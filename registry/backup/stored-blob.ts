import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { algorithmOf, type Digest, digestFromHash } from '../../shared/base/digest.ts'
import { errnoOf, unlessMissing } from '../../shared/base/errors.ts'

const piece = 1024 * 1024

/**
 * Reads a file that should have the content `digest`, and tells `onDamage` when it has not. There are always `size` bytes,
 * with zeros for those that cannot be read, as whoever asks may have told the size already. Undefined when the file is not
 * there or has another size. Errors: those of opening it.
 */
export async function openStored(
  file: string,
  { digest, size }: { readonly digest: Digest; readonly size: number },
  onDamage: () => void,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const handle = await open(file, 'r').catch(unlessMissing)
  if (handle === undefined) return undefined
  if ((await handle.stat()).size === size) return checkedPieces(handle, { digest, size }, onDamage)
  await handle.close()
  return undefined
}

async function* checkedPieces(
  handle: FileHandle,
  { digest, size }: { readonly digest: Digest; readonly size: number },
  onDamage: () => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithmOf(digest))
  const next = (at: number): Promise<Uint8Array> => unnoticed(readPiece(handle, at, Math.min(piece, size - at)))
  try {
    let ahead = next(0)
    for (let at = 0; at < size; ) {
      const bytes = await ahead
      at += bytes.byteLength
      // The disk reads while this piece is hashed and written.
      if (at < size) ahead = next(at)
      hash.update(bytes)
      yield bytes
    }
    if (digestFromHash(hash.digest(), algorithmOf(digest)) !== digest) onDamage()
  } finally {
    await handle.close()
  }
}

/** What cannot be read is zeros, which do not have the digest. */
async function readPiece(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length)
  try {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(bytes, done, length - done, at + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
  return bytes
}

/** Told when its turn comes; until then it is nobody's. */
function unnoticed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
