import { posix } from 'node:path'
import { type Pack, pack } from 'tar-stream'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from '../layers/entry.ts'
import type { TarLimits } from '../layers/tar/limits.ts'
import { readTar } from '../layers/tar/read.ts'

/** One member of the outer tar of a docker archive or an OCI layout. */
export interface ArchiveMember {
  /** Path in the archive, with `/`, not absolute. */
  readonly name: string
  /** Bytes of content; 0 for all but files. */
  readonly size: number
  /** The content; read, it must be consumed before the next member. */
  readonly content: AsyncIterable<Uint8Array> | Uint8Array
  /** Permission bits; default 0644, directories 0755. */
  readonly mode?: number
  /** Default `file`. */
  readonly type?: 'file' | 'directory' | 'symlink'
  /** The text of a symlink. */
  readonly linkname?: string
}

/**
 * A tar of these members in their order: the same members give the same bytes everywhere (times and ids 0, no owner names).
 * Errors of a member's content pass; ARCHIVE_INVALID when its content is not of its size. Stopping early closes what it reads.
 */
export async function* writeArchive(
  members: AsyncIterable<ArchiveMember>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const archive = pack()
  const filled = fill(archive, members).catch((error: unknown) => {
    archive.destroy(asError(error))
  })
  try {
    for await (const piece of archive) yield toBytes(piece)
  } finally {
    archive.destroy()
    await filled
  }
}

async function fill(archive: Pack, members: AsyncIterable<ArchiveMember>): Promise<void> {
  for await (const member of members) {
    if (archive.destroyed) return
    await addMember(archive, member)
  }
  archive.finalize()
}

const epoch = new Date(0)

async function addMember(archive: Pack, member: ArchiveMember): Promise<void> {
  const { name, type = 'file', size, mode = type === 'directory' ? 0o755 : 0o644, linkname = '' } = member
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => undefined)
  const header = { name, type, mode, linkname, mtime: epoch, uid: 0, gid: 0, size: type === 'file' ? size : 0 }
  const sink = archive.entry(header, (error) => (error ? reject(error) : resolve()))
  sink.on('error', reject)
  if (type === 'file') await copyContent(member, (piece) => written(sink, piece))
  sink.end(null)
  await promise
}

class GivenUp extends Error {
  override readonly message = 'the archive was given up'
}

type Sink = ReturnType<Pack['entry']>

/** Resolves when the archive wants more, or has been given up. */
async function written(sink: Sink, piece: Uint8Array): Promise<void> {
  if (sink.write(piece)) return
  if (sink.destroyed) throw new GivenUp() // it will say neither that it wants more nor that it closes
  await new Promise<void>((resolve) => {
    const proceed = (): void => {
      sink.off('drain', proceed)
      sink.off('close', proceed)
      resolve()
    }
    sink.on('drain', proceed)
    sink.on('close', proceed)
  })
  if (sink.destroyed) throw new GivenUp()
}

async function copyContent(
  { name, size, content }: ArchiveMember,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  let left = size
  const put = (piece: Uint8Array): Promise<void> => {
    left -= piece.length
    if (left < 0) throw wrongSize(name, size)
    return write(piece)
  }
  if (content instanceof Uint8Array) await put(content)
  else for await (const piece of content) await put(piece)
  if (left > 0) throw wrongSize(name, size)
}

function wrongSize(name: string, size: number): IbuildError {
  return new IbuildError('ARCHIVE_INVALID', `the content of ${name} has not the ${size} bytes that were announced`)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function toBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece
  throw new TypeError('the archive gave something else than bytes')
}

/** Image archives have a few members for each layer, and names of digests. */
const outerLimits: Partial<TarLimits> = { entries: 1_000_000, path: 1024 }

/**
 * Reads the members of an uncompressed archive, with safe names (nothing leads out of the archive). A hardlink comes as a
 * symlink to the same file. Errors: ARCHIVE_INVALID (also for devices and fifos, which no image archive has),
 * ARCHIVE_UNSAFE, and those of the source.
 */
export async function* readArchive(
  source: AsyncIterable<Uint8Array>,
  limits: Partial<TarLimits> = {},
): AsyncGenerator<ArchiveMember, void, undefined> {
  for await (const member of readTar(source, { whiteouts: false, limits: { ...outerLimits, ...limits } })) {
    if (member.kind !== 'entry' || member.entry.path === '') continue
    yield { ...describe(member.entry), content: member.body }
  }
}

function describe(entry: LayerEntry): Omit<ArchiveMember, 'content'> {
  const name = utf8(entry.path)
  const { size, mode } = entry
  switch (entry.type) {
    case 'file':
      return { name, size, mode, type: 'file' }
    case 'dir':
      return { name, size, mode, type: 'directory' }
    case 'symlink':
      return { name, size, mode, type: 'symlink', linkname: utf8(entry.linkname) }
    case 'hardlink':
      return { name, size, mode, type: 'symlink', linkname: posix.relative(posix.dirname(name), utf8(entry.linkname)) }
    default:
      throw new IbuildError('ARCHIVE_INVALID', `the archive has the special file ${JSON.stringify(name)}`)
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}
