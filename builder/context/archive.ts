import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, read, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isIbuildError } from '../../shared/base/errors.ts'
import { decompress } from '../layers/compression.ts'
import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import { streamHash } from '../layers/stream-hash.ts'
import { readTar, type TarMember } from '../layers/tar/read.ts'
import { isTar } from '../layers/tar/sniff.ts'
import type { FileTree } from '../layers/tree.ts'

/** One member of an archive; the content of a file that is not empty can be read as often as wanted. */
export interface ArchiveMember {
  readonly entry: LayerEntry
  readonly content?: () => AsyncIterable<Uint8Array>
}

/** An archive's members as they stand in it, contents kept in a file of ours. */
export interface OpenArchive {
  readonly members: readonly ArchiveMember[]
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
  return unpackArchive(tree.open(path), temporary)
}

/** The same for a stream. */
export async function unpackArchive(source: AsyncIterable<Uint8Array>, temporary: string): Promise<OpenArchive> {
  mkdirSync(temporary, { recursive: true })
  const contents = new ContentFile(join(temporary, `unpacked-${randomUUID()}`))
  try {
    const members: ArchiveMember[] = []
    for await (const member of readTar(decompress(source), { whiteouts: false })) {
      members.push(await keep(member, contents))
    }
    return { members, close: () => contents.close() }
  } catch (error) {
    contents.close()
    throw error
  }
}

async function keep(member: TarMember, contents: ContentFile): Promise<ArchiveMember> {
  if (member.kind === 'opaque') throw new Error('an archive that is not a layer has no opaque marks')
  const entry = { ...member.entry, dataOffset: -1 }
  if (entry.type !== 'file') return { entry }
  const start = contents.size
  const hash = streamHash()
  for await (const piece of member.body) {
    hash.update(piece)
    contents.append(piece)
  }
  const size = contents.size - start
  return {
    entry: { ...entry, size, digest: hash.digest() },
    ...(size > 0 && { content: () => contents.read(start, size) }),
  }
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

  async *read(start: number, size: number): AsyncGenerator<Uint8Array> {
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
