import { hash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { algorithmOf, type Digest, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from './entry.ts'
import { hostPath, type LayerBytes } from './layer-ref.ts'
import { readSparse } from './sparse-content.ts'
import { streamHash } from './stream-hash.ts'

/** Files up to this size are read in one piece, synchronously. */
const smallFile = 256 * 1024
const pieceSize = 512 * 1024

/** Where the bytes of a file are on the host. */
interface Span {
  readonly file: string | Buffer
  readonly start: number
  readonly size: number
}

/**
 * The content of a file entry of a layer. DIGEST_MISMATCH at the end when it is not what the entry's digest says, or is
 * shorter than its size.
 */
export async function* readContent(bytes: LayerBytes, entry: LayerEntry): AsyncGenerator<Uint8Array> {
  if (entry.size === 0) return
  if (bytes.kind === 'tar' && entry.dataOffset < 0) yield* verified(readSparse(bytes.file, entry), entry)
  else if (entry.size > smallFile) yield* verified(readPieces(spanOf(bytes, entry), entry), entry)
  else yield readSmall(spanOf(bytes, entry), entry)
}

function spanOf(bytes: LayerBytes, entry: LayerEntry): Span {
  if (bytes.kind === 'tar') return { file: bytes.file, start: entry.dataOffset, size: entry.size }
  return { file: hostPath(bytes.dir, entry.path), start: 0, size: entry.size }
}

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW

/** All of a small file entry at once; the same errors as {@link readContent}. */
function readSmall(span: Span, entry: LayerEntry): Buffer {
  const fd = openSync(span.file, readFlags)
  try {
    const content = Buffer.allocUnsafeSlow(span.size)
    let done = 0
    while (done < span.size) {
      const count = readSync(fd, content, done, span.size - done, span.start + done)
      if (count === 0) throw mismatch(entry)
      done += count
    }
    if (entry.digest !== undefined && hashHex(content, entry.digest) !== hexOf(entry.digest)) throw mismatch(entry)
    return content
  } finally {
    closeSync(fd)
  }
}

function hashHex(content: Buffer, digest: Digest): string {
  return hash(algorithmOf(digest), content, 'hex')
}

async function* readPieces(span: Span, entry: LayerEntry): AsyncGenerator<Uint8Array> {
  const handle = await open(span.file, readFlags)
  try {
    for (let done = 0; done < span.size; ) {
      const piece = await readPiece(handle, span.start + done, Math.min(pieceSize, span.size - done))
      if (piece.length === 0) throw mismatch(entry)
      done += piece.length
      yield piece
    }
  } finally {
    await handle.close()
  }
}

async function readPiece(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

async function* verified(pieces: AsyncIterable<Uint8Array>, entry: LayerEntry): AsyncGenerator<Uint8Array> {
  const hasher = streamHash(entry.digest === undefined ? 'sha256' : algorithmOf(entry.digest))
  for await (const piece of pieces) {
    hasher.update(piece)
    yield piece
  }
  const digest = hasher.digest()
  if (entry.digest !== undefined && digest !== entry.digest) throw mismatch(entry)
}

function mismatch(entry: LayerEntry): IbuildError {
  const path = JSON.stringify(entry.path)
  return new IbuildError('DIGEST_MISMATCH', `the stored content of ${path} is not what its layer's index says`)
}
