import { hash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { algorithmOf, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from './entry.ts'
import { hostPath, type LayerBytes, type RemoteContents } from './layer-ref.ts'
import { readPieces } from './read-pieces.ts'
import { readSparse } from './sparse-content.ts'
import { streamHash } from './stream-hash.ts'

/** Files up to this size are read in one piece, synchronously. */
export const smallFile = 256 * 1024

/** Where the bytes of a file are. */
interface Span {
  readonly fd: number
  readonly start: number
  /** Opened for this file alone, and closed with it. */
  readonly own: boolean
}

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW

/** Reads the contents of a layer's files; a tar stays open until it is closed. */
export class LayerContents {
  readonly #bytes: LayerBytes
  readonly #scratch: Buffer | undefined
  #tar: number | undefined

  /** With a `scratch` of {@link smallFile} bytes a content that is had at once is valid until the next one is read. */
  constructor(bytes: LayerBytes, scratch?: Buffer) {
    this.#bytes = bytes
    this.#scratch = scratch
  }

  /**
   * The content of a file entry: at once when it is small, else in pieces. DIGEST_MISMATCH (for pieces: at their end)
   * when it is not what the entry's digest says, or is shorter than its size.
   */
  read(entry: LayerEntry): Uint8Array | AsyncIterable<Uint8Array> {
    if (entry.size === 0) return new Uint8Array()
    if (this.#bytes.kind === 'remote') return remoteContent(this.#bytes, entry)
    if (this.#bytes.kind === 'tar' && entry.dataOffset < 0) return verified(readSparse(this.#bytes.file, entry), entry)
    if (entry.size <= smallFile) return this.#with(entry, (span) => readSmall(span, entry, this.#scratch))
    return verified(this.#large(entry), entry)
  }

  close(): void {
    if (this.#tar !== undefined) closeSync(this.#tar)
    this.#tar = undefined
  }

  #with<T>(entry: LayerEntry, use: (span: Span) => T): T {
    const span = this.#open(entry)
    try {
      return use(span)
    } finally {
      this.#release(span)
    }
  }

  async *#large(entry: LayerEntry): AsyncGenerator<Uint8Array> {
    const span = this.#open(entry)
    try {
      yield* readPieces(span.fd, span.start, entry.size)
    } finally {
      this.#release(span)
    }
  }

  #open(entry: LayerEntry): Span {
    if (this.#bytes.kind === 'remote') throw new Error('a layer that is elsewhere has no file')
    if (this.#bytes.kind === 'snapshot')
      return { fd: openSync(hostPath(this.#bytes.dir, entry.path), readFlags), start: 0, own: true }
    this.#tar ??= openSync(this.#bytes.file, 'r')
    return { fd: this.#tar, start: entry.dataOffset, own: false }
  }

  #release({ fd, own }: Span): void {
    if (own) closeSync(fd)
  }
}

/** A content that is here by chance is as good as any: its digest decides. */
function remoteContent(bytes: RemoteContents, entry: LayerEntry): Uint8Array | AsyncIterable<Uint8Array> {
  const here = entry.size <= smallFile ? bytes.files().get(entry.path) : undefined
  if (here === undefined || !isContentOf(here, entry)) return verified(fetchedContent(bytes, entry), entry)
  return here
}

async function* fetchedContent({ fetch }: RemoteContents, entry: LayerEntry): AsyncGenerator<Uint8Array> {
  const { index, bytes } = await fetch()
  const own = index.lookup(entry.path)
  if (own?.type !== 'file' || bytes.kind === 'remote') throw mismatch(entry)
  yield* readContent(bytes, own)
}

function isContentOf(content: Uint8Array, { size, digest }: LayerEntry): boolean {
  if (digest === undefined || content.length !== size) return false
  return hash(algorithmOf(digest), content, 'hex') === hexOf(digest)
}

/** The content of one file entry of a layer; the same errors as {@link LayerContents.read}. */
export async function* readContent(bytes: LayerBytes, entry: LayerEntry): AsyncGenerator<Uint8Array> {
  const contents = new LayerContents(bytes)
  try {
    const content = contents.read(entry)
    if (!(content instanceof Uint8Array)) yield* content
    else if (content.length > 0) yield content
  } finally {
    contents.close()
  }
}

function readSmall({ fd, start }: Span, entry: LayerEntry, scratch: Buffer | undefined): Buffer {
  const content = scratch?.subarray(0, entry.size) ?? Buffer.allocUnsafeSlow(entry.size)
  for (let done = 0; done < content.length; ) {
    const count = readSync(fd, content, done, content.length - done, start + done)
    if (count === 0) throw mismatch(entry)
    done += count
  }
  if (entry.digest !== undefined && hash(algorithmOf(entry.digest), content, 'hex') !== hexOf(entry.digest)) {
    throw mismatch(entry)
  }
  return content
}

async function* verified(pieces: AsyncIterable<Uint8Array>, entry: LayerEntry): AsyncGenerator<Uint8Array> {
  const hasher = streamHash(entry.digest === undefined ? 'sha256' : algorithmOf(entry.digest))
  let size = 0
  for await (const piece of pieces) {
    hasher.update(piece)
    size += piece.length
    yield piece
  }
  const digest = hasher.digest()
  if (size !== entry.size || (entry.digest !== undefined && digest !== entry.digest)) throw mismatch(entry)
}

function mismatch(entry: LayerEntry): IbuildError {
  const path = JSON.stringify(entry.path)
  return new IbuildError('DIGEST_MISMATCH', `the stored content of ${path} is not what its layer's index says`)
}
