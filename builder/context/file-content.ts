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
  return readInto(expected, Buffer.allocUnsafe(expected.signature.size))
}

/** Reads a whole file; the stat after reading tells whether it was the expected one, and still is. */
function readInto(expected: ExpectedFile, buffer: Buffer): Buffer {
  return withFile(expected, (fd) => {
    let length = 0
    while (length < buffer.length) {
      const count = fs.readSync(fd, buffer, length, buffer.length - length, null)
      if (count === 0) throw changedError(expected.path)
      length += count
    }
    checkUnchanged(fd, expected)
    return buffer
  })
}

function withFile<T>(expected: ExpectedFile, work: (fd: number) => T): T {
  const fd = expected.files.open(expected.path)
  try {
    return work(fd)
  } catch (error) {
    throw contextError(expected.path, error)
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * The bytes of a file in pieces, the next one read while the last is used. Errors as {@link readSmall}, at the end at the
 * latest.
 */
export async function* readPieces(expected: ExpectedFile): AsyncGenerator<Buffer> {
  const { size } = expected.signature
  const fd = expected.files.open(expected.path)
  let pending: Promise<Buffer> | undefined
  try {
    checkUnchanged(fd, expected)
    pending = readAt(fd, 0, size)
    for (let position = 0; position < size; ) {
      const piece = await pending
      expected.files.throwIfAborted()
      if (piece.length === 0) throw changedError(expected.path)
      position += piece.length
      pending = readAt(fd, position, size)
      yield piece
    }
    checkUnchanged(fd, expected)
  } catch (error) {
    throw contextError(expected.path, error)
  } finally {
    // The descriptor must not close under a read.
    await pending?.catch(() => undefined)
    fs.closeSync(fd)
  }
}

/** {@link readPieces} for a file whose stat alone does not vouch for its content: the digest is compared at the end. */
export async function* readVerified(expected: ExpectedFile, digest: Digest): AsyncGenerator<Uint8Array> {
  const hasher = createHash('sha256')
  for await (const piece of readPieces(expected)) {
    hasher.update(piece)
    yield piece
  }
  if (digestFromHash(hasher.digest()) !== digest) throw changedError(expected.path)
}

async function readAt(fd: number, position: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(pieceSize, size - position))
  if (buffer.length === 0) return buffer
  const { bytesRead } = await read(fd, buffer, 0, buffer.length, position)
  return buffer.subarray(0, bytesRead)
}

function checkUnchanged(fd: number, { path, signature }: ExpectedFile): void {
  const stats = fs.fstatSync(fd)
  if (!stats.isFile() || !sameSignature(stats, signature)) throw changedError(path)
}

/** The digest of a file of any size, others at work meanwhile when it is large. Errors as {@link readSmall}. */
export async function digestFile(expected: ExpectedFile): Promise<Digest> {
  if (expected.signature.size <= smallFileSize) return digestFileSync(expected)
  const hasher = createHash('sha256')
  for await (const piece of readPieces(expected)) hasher.update(piece)
  return digestFromHash(hasher.digest())
}

let scratch: Buffer | undefined

/** The same with the thread blocked until it is done. */
export function digestFileSync(expected: ExpectedFile): Digest {
  const { size } = expected.signature
  scratch ??= Buffer.allocUnsafeSlow(smallFileSize)
  if (size <= scratch.length) return digestOfBytes(readInto(expected, scratch.subarray(0, size)))
  const buffer = scratch
  return withFile(expected, (fd) => {
    const hasher = createHash('sha256')
    for (let position = 0; position < size; ) {
      expected.files.throwIfAborted()
      const count = fs.readSync(fd, buffer, 0, Math.min(buffer.length, size - position), position)
      if (count === 0) throw changedError(expected.path)
      hasher.update(buffer.subarray(0, count))
      position += count
    }
    checkUnchanged(fd, expected)
    return digestFromHash(hasher.digest())
  })
}

export function digestOfBytes(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${hash('sha256', bytes, 'hex')}`)
}
