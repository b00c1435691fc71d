import type { ServerResponse } from 'node:http'
import type { BufferPool } from './buffer-pool.ts'
import type { BlobPart } from './reply.ts'

/** A blob ended before its size, or could not be read: nothing more of it can be sent. */
export class UnreadableBlobError extends Error {
  override readonly name = 'UnreadableBlobError'
}

/** The client went away, or does not take what it asked for. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

export interface BlobSending {
  readonly pool: BufferPool
  /** Writes the head of the answer, when the first bytes were read: until then it can be another one. */
  readonly begin: () => void
  readonly onSent: (bytes: number) => void
  /** A piece must be taken by the client after so many milliseconds. */
  readonly stalledReadTime: number
}

/**
 * Sends a part of a blob and closes its reader. While one buffer is written to the connection the next is read, and no more
 * than that: a client that takes nothing stops the reading. Rejects with {@link UnreadableBlobError} or
 * {@link ClientGoneError}; the answer then is not complete.
 */
export async function sendBlob(response: ServerResponse, part: BlobPart, sending: BlobSending): Promise<void> {
  const held = new Set<Buffer>()
  try {
    await sendPieces(response, { part, held, pool: sending.pool }, sending)
    response.end()
  } finally {
    for (const buffer of held) sending.pool.giveUp(buffer)
    await part.reader.close()
  }
}

interface Source {
  readonly part: BlobPart
  readonly pool: BufferPool
  /** Buffers that were taken and not given back. */
  readonly held: Set<Buffer>
}

async function sendPieces(response: ServerResponse, source: Source, sending: BlobSending): Promise<void> {
  const { part, pool, held } = source
  const end = part.start + part.length
  let piece = await readPiece(source, part.start)
  sending.begin()
  for (let position = part.start; position < end; ) {
    position += piece.bytes.length
    // oxlint-disable-next-line no-await-in-loop -- one piece is on its way at a time
    const [written, read] = await Promise.allSettled([
      write(response, piece.bytes, sending.stalledReadTime),
      position < end ? readPiece(source, position) : undefined,
    ])
    if (written.status === 'rejected') throw written.reason
    sending.onSent(piece.bytes.length)
    held.delete(piece.buffer)
    pool.give(piece.buffer)
    if (read.status === 'rejected') throw read.reason
    if (read.value !== undefined) piece = read.value
  }
}

interface Piece {
  readonly buffer: Buffer
  readonly bytes: Uint8Array
}

async function readPiece({ part: { reader, start, length }, pool, held }: Source, position: number): Promise<Piece> {
  const left = start + length - position
  const buffer = pool.take(left)
  held.add(buffer)
  const bytes = buffer.subarray(0, left)
  const count = bytes.length === 0 ? 0 : await reader.read(bytes, position).catch(unreadable)
  if (count !== bytes.length)
    throw new UnreadableBlobError(`a blob of ${reader.size} bytes ended at ${position + count}`)
  return { buffer, bytes }
}

function unreadable(cause: unknown): never {
  throw new UnreadableBlobError('a blob cannot be read', { cause })
}

/** Resolves when the connection has taken the bytes: only then may they be overwritten. */
function write(response: ServerResponse, bytes: Uint8Array, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => done(new Error('the client did not take all of the answer'))
    const timer = setTimeout(fail, patience)
    const done = (error?: Error | null): void => {
      clearTimeout(timer)
      response.off('close', fail)
      if (error) reject(new ClientGoneError(error.message, { cause: error }))
      else resolve()
    }
    if (response.destroyed) fail()
    else response.once('close', fail).write(bytes, done)
  })
}
