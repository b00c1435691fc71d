import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, read, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isIbuildError } from '../../shared/base/errors.ts'
import { decompress } from '../layers/compression.ts'
import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import { EntryList } from '../layers/entry-list.ts'
import { streamHash } from '../layers/stream-hash.ts'
import { readTar, type TarMember } from '../layers/tar/read.ts'
import { isTar } from '../layers/tar/sniff.ts'
import type { FileTree } from '../layers/tree.ts'
import { smallFileSize } from './file-content.ts'

/** One member of an archive. */
export interface ArchiveMember {
  readonly entry: LayerEntry
  /** Where the content of a file is kept; undefined for an empty one. */
  readonly start: number | undefined
}

/** An archive's members as they stand in it, contents kept in a file of ours. */
export interface OpenArchive {
  /** Made anew each time that they are gone through, because they may be many. */
  readonly members: Iterable<ArchiveMember>
  readonly length: number
  /** The content of a file of this size, as often as wanted. */
  read(start: number, size: number): Uint8Array | AsyncIterable<Uint8Array>
  /** Removes the contents. */
  close(): void
}

const sniffed = 512

/**
 * Whether a file is a tar archive, plain or compressed with gzip, bzip2, xz or zstd, by its content alone (AD05). One that
 * is too damaged to show a first member is not.
 */
export async function isArchive(tree: FileTree, path: LayerPath): Promise<boolean> {
  try {
    return isTar(await firstBytes(decompress(tree.open(path))))
  } catch (error) {
    if (isIbuildError(error, 'ARCHIVE_INVALID', 'ARCHIVE_UNSAFE')) return false
    throw error
  }
}

async function firstBytes(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  for await (const piece of stream) {
    bytes = Buffer.concat([bytes, piece.subarray(0, sniffed)])
    if (bytes.length >= sniffed) break
  }
  return bytes
}

/**
 * Reads a whole archive. `temporary` is a directory for the contents; it is made when missing. Errors: ARCHIVE_INVALID,
 * ARCHIVE_UNSAFE, those of the tree.
 */
export async function openArchive(tree: FileTree, path: LayerPath, temporary: string): Promise<OpenArchive> {
  return spoolArchive(tree.open(path), temporary)
}

/** The same for a stream. */
export async function spoolArchive(source: AsyncIterable<Uint8Array>, temporary: string): Promise<OpenArchive> {
  mkdirSync(temporary, { recursive: true })
  const contents = new ContentFile(join(temporary, `unpacked-${randomUUID()}`))
  const entries = new EntryList(temporary)
  const close = (): void => {
    contents.close()
    entries.close()
  }
  try {
    for await (const member of readTar(decompress(source), { whiteouts: false })) {
      entries.add(await keep(member, contents))
    }
    return {
      members: { [Symbol.iterator]: () => membersOf(entries) },
      length: entries.length,
      read: (start, size) => contents.read(start, size),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

function* membersOf(entries: Iterable<LayerEntry>): Generator<ArchiveMember> {
  for (const entry of entries) {
    const start = entry.dataOffset < 0 ? undefined : entry.dataOffset
    yield { entry: start === undefined ? entry : { ...entry, dataOffset: -1 }, start }
  }
}

/** The entry with the place of its content as offset. */
async function keep(member: TarMember, contents: ContentFile): Promise<LayerEntry> {
  if (member.kind === 'opaque') throw new Error('an archive that is not a layer has no opaque marks')
  const { entry } = member
  if (entry.type !== 'file') return { ...entry, dataOffset: -1 }
  const start = contents.size
  const hash = streamHash()
  for await (const piece of member.body) {
    hash.update(piece)
    contents.append(piece)
  }
  const size = contents.size - start
  return { ...entry, size, digest: hash.digest(), dataOffset: size === 0 ? -1 : start }
}

const readAsync = promisify(read)
const pieceSize = 1024 * 1024

/** Contents one after the other in a file that goes when it is closed. */
class ContentFile {
  readonly #path: string
  readonly #fd: number
  #size = 0
  #open = true

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'wx+', 0o600)
  }

  get size(): number {
    return this.#size
  }

  append(piece: Uint8Array): void {
    for (let done = 0; done < piece.length; ) {
      const count = writeSync(this.#fd, piece, done, piece.length - done, this.#size)
      done += count
      this.#size += count
    }
  }

  read(start: number, size: number): Uint8Array | AsyncIterable<Uint8Array> {
    return size <= smallFileSize ? this.#readSmall(start, size) : this.#readPieces(start, size)
  }

  #readSmall(start: number, size: number): Buffer {
    const buffer = Buffer.allocUnsafe(size)
    for (let done = 0; done < size; ) {
      const count = readSync(this.#fd, buffer, done, size - done, start + done)
      if (count === 0) throw new Error(`${this.#path} was cut short`)
      done += count
    }
    return buffer
  }

  async *#readPieces(start: number, size: number): AsyncGenerator<Uint8Array> {
    for (let done = 0; done < size; ) {
      const buffer = Buffer.allocUnsafe(Math.min(pieceSize, size - done))
      const { bytesRead } = await readAsync(this.#fd, buffer, 0, buffer.length, start + done)
      if (bytesRead === 0) throw new Error(`${this.#path} was cut short`)
      done += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.#fd)
    rmSync(this.#path, { force: true })
  }
}
