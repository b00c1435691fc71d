import { createHash, hash } from 'node:crypto'
import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { type Digest, digestFromHash, parseDigest } from '../../shared/base/digest.ts'
import type { LayerPath } from '../layers/entry.ts'
import { type ContextFiles, changedError, contextError } from './context-files.ts'
import { type StatSignature, sameSignature } from './stat-signature.ts'

/** Files up to this size are read at once and synchronously: that is faster than any hand-over to another thread. */
export const smallFileSize = 256 * 1024

const pieceSize = 1024 * 1024

const read = promisify(fs.read)

/** A file that must still be the one that was looked at. */
export interface ExpectedFile {
  readonly files: ContextFiles
  readonly path: LayerPath
  readonly signature: StatSignature
}

/** The bytes of a small file. CONTEXT_CHANGED when it is no longer the expected one, CONTEXT_INVALID when unreadable. */
export function readSmall(expected: ExpectedFile): Buffer {
  const size = Number(expected.signature.size)
  const fd = expected.files.open(expected.path)
  try {
    checkUnchanged(fd, expected)
    // One byte more than expected: a file that grew shows itself.
    const bytes = Buffer.allocUnsafe(size + 1)
    let length = 0
    for (let count = -1; count !== 0 && length <= size; length += count) {
      count = fs.readSync(fd, bytes, length, bytes.length - length, null)
    }
    if (length !== size) throw changedError(expected.path)
    checkUnchanged(fd, expected)
    return bytes.subarray(0, size)
  } catch (error) {
    throw contextError(expected.path, error)
  } finally {
    fs.closeSync(fd)
  }
}

/** The bytes of a file in pieces, the next one read while the last is used. Errors as {@link readSmall}, at the end at the latest. */
export async function* readPieces(expected: ExpectedFile): AsyncGenerator<Buffer> {
  const size = Number(expected.signature.size)
  const fd = expected.files.open(expected.path)
  let pending: Promise<unknown> | undefined
  try {
    checkUnchanged(fd, expected)
    let position = 0
    let next = readAt(fd, position)
    for (;;) {
      pending = next
      const piece = await next
      position += piece.length
      if (piece.length === 0 || position > size) break
      pending = next = readAt(fd, position)
      yield piece
    }
    if (position !== size) throw changedError(expected.path)
    checkUnchanged(fd, expected)
  } catch (error) {
    throw contextError(expected.path, error)
  } finally {
    await pending?.catch(() => undefined)
    fs.closeSync(fd)
  }
}

async function readAt(fd: number, position: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(pieceSize)
  const { bytesRead } = await read(fd, buffer, 0, pieceSize, position)
  return buffer.subarray(0, bytesRead)
}

function checkUnchanged(fd: number, { path, signature }: ExpectedFile): void {
  const stats = fs.fstatSync(fd, { bigint: true })
  if (!stats.isFile() || !sameSignature(stats, signature)) throw changedError(path)
}

/** The digest of a file of any size. Errors as {@link readSmall}. */
export async function digestFile(expected: ExpectedFile): Promise<Digest> {
  if (expected.signature.size <= smallFileSize) return digestOfBytes(readSmall(expected))
  const hasher = createHash('sha256')
  for await (const piece of readPieces(expected)) hasher.update(piece)
  return digestFromHash(hasher.digest())
}

export function digestOfBytes(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${hash('sha256', bytes, 'hex')}`)
}
