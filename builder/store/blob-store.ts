import { createHash } from 'node:crypto'
import { createReadStream, linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  digestFromHash,
  digestOf,
  hexOf,
  isDigest,
} from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'

export type BlobSource = Uint8Array | AsyncIterable<Uint8Array>

export interface BlobInfo {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** What a blob must be; `size` alone is checked too. */
export interface ExpectedBlob {
  readonly digest?: Digest
  readonly size?: number
}

export interface PutOptions {
  readonly expected?: ExpectedBlob
  /** Puts the content in the place of a blob that is there, which may be damaged. */
  readonly replace?: boolean
}

/** Bytes `start` to before `end`. */
export interface BlobRange {
  readonly start?: number
  readonly end?: number
}

/**
 * Content on disk under its digest, as `blobs/<algorithm>/<hex>` of an OCI image layout. A blob is visible only when it is
 * complete and synced; many processes may write at once; one that is there is kept.
 */
export interface BlobStore {
  /** Stores content. DIGEST_MISMATCH when it is not what was expected, DISK_FULL; then nothing is left behind. */
  put(source: BlobSource, options?: PutOptions): Promise<BlobInfo>
  /** Moves in a file of the same filesystem that is hashed and synced already. */
  adopt(file: string, digest: Digest): Promise<void>
  /** Gives a file of the same filesystem, hashed and synced already, a second name as a blob. */
  link(file: string, digest: Digest): Promise<void>
  has(digest: Digest): boolean
  stat(digest: Digest): BlobInfo | undefined
  /** Where the blob is, or would be. */
  path(digest: Digest): string
  /** The content, not verified. Reading fails with ENOENT when it is not there. */
  open(digest: Digest, range?: BlobRange): AsyncIterable<Uint8Array>
  /**
   * A small blob whole, after checking its digest. STORE_INVALID when it is missing, damaged or larger than `maxBytes`.
   */
  readVerified(digest: Digest, maxBytes: number): Buffer
  /** False when it was not there. */
  remove(digest: Digest): boolean
  list(): readonly Digest[]
}

export interface BlobStoreOptions {
  /** The name of a file that does not exist yet, in a folder on the same filesystem. */
  readonly temporary: () => string
}

/** The blobs below `dir`, a folder with the sub-folders `sha256` and `sha512`, which must exist. */
export function createBlobStore(dir: string, { temporary }: BlobStoreOptions): BlobStore {
  const pathOf = (digest: Digest): string => path.join(dir, algorithmOf(digest), hexOf(digest))
  const stat = (digest: Digest): BlobInfo | undefined => {
    const found = statSync(pathOf(digest), { throwIfNoEntry: false })
    return found && { digest, size: found.size }
  }
  const has = (digest: Digest): boolean => stat(digest) !== undefined

  const place = async (digest: Digest, move: (target: string) => void): Promise<void> => {
    const target = pathOf(digest)
    move(target)
    await syncPath(path.dirname(target))
  }
  const moveIn = async (file: string, digest: Digest): Promise<void> =>
    mapDiskFull(async () => place(digest, (target) => renameSync(file, target)))
  const adopt = async (file: string, digest: Digest): Promise<void> => {
    if (has(digest)) rmSync(file, { force: true })
    else await moveIn(file, digest)
  }

  return {
    put: async (source, { expected = {}, replace = false } = {}) => {
      const known = source instanceof Uint8Array ? infoOf(source, expected) : undefined
      if (known !== undefined && !replace && has(known.digest)) return known
      const file = temporary()
      try {
        const info = await mapDiskFull(async () => writeBlob(file, source, expected))
        await (replace ? moveIn(file, info.digest) : adopt(file, info.digest))
        return info
      } catch (error) {
        rmSync(file, { force: true })
        throw error
      }
    },
    adopt,
    link: async (file, digest) => {
      if (has(digest)) return
      await mapDiskFull(async () => place(digest, (target) => linkUnlessThere(file, target)))
    },
    has,
    stat,
    path: pathOf,
    open: (digest, { start = 0, end = Number.POSITIVE_INFINITY } = {}) =>
      end <= start ? emptyStream() : createReadStream(pathOf(digest), { start, end: end - 1 }),
    readVerified: (digest, maxBytes) => readVerified(pathOf(digest), digest, maxBytes),
    remove: (digest) => {
      const there = has(digest)
      rmSync(pathOf(digest), { force: true })
      return there
    },
    list: () => (['sha256', 'sha512'] as const).flatMap((algorithm) => listFolder(dir, algorithm)),
  }
}

function linkUnlessThere(file: string, target: string): void {
  try {
    linkSync(file, target)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}

async function* emptyStream(): AsyncIterable<Uint8Array> {
  yield* []
}

function listFolder(dir: string, algorithm: DigestAlgorithm): Digest[] {
  return namesIn(path.join(dir, algorithm))
    .map((name) => `${algorithm}:${name}`)
    .filter((text) => isDigest(text))
}

function infoOf(bytes: Uint8Array, expected: ExpectedBlob): BlobInfo {
  const digest = digestOf(bytes, expected.digest === undefined ? 'sha256' : algorithmOf(expected.digest))
  return check({ digest, size: bytes.byteLength }, expected)
}

function check(found: BlobInfo, expected: ExpectedBlob): BlobInfo {
  const { digest = found.digest, size = found.size } = expected
  if (digest === found.digest && size === found.size) return found
  const message = `content has digest ${found.digest} and ${found.size} bytes, expected ${digest} and ${size} bytes`
  throw new IbuildError('DIGEST_MISMATCH', message)
}

async function writeBlob(file: string, source: BlobSource, expected: ExpectedBlob): Promise<BlobInfo> {
  const handle = await open(file, 'wx', 0o644)
  try {
    const chunks = source instanceof Uint8Array ? [source] : source
    const info = check(await writeHashed(handle, chunks, expected), expected)
    await handle.sync()
    return info
  } finally {
    await handle.close()
  }
}

/** Writes and hashes at the same time; stops at the first byte beyond the expected size. */
async function writeHashed(
  handle: FileHandle,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { digest, size: limit = Number.POSITIVE_INFINITY }: ExpectedBlob,
): Promise<BlobInfo> {
  const algorithm = digest === undefined ? 'sha256' : algorithmOf(digest)
  const hash = createHash(algorithm)
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > limit) throw new IbuildError('DIGEST_MISMATCH', `content has more than the ${limit} bytes expected`)
    const written = writeAll(handle, chunk)
    hash.update(chunk)
    await written
  }
  return { digest: digestFromHash(hash.digest(), algorithm), size }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    offset += (await handle.write(chunk, offset)).bytesWritten
  }
}

function readVerified(file: string, digest: Digest, maxBytes: number): Buffer {
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new IbuildError('STORE_INVALID', `blob ${digest} is missing`)
  if (size > maxBytes) throw new IbuildError('STORE_INVALID', `blob ${digest} has ${size} bytes, more than ${maxBytes}`)
  const bytes = readFileSync(file)
  if (digestOf(bytes, algorithmOf(digest)) === digest) return bytes
  throw new IbuildError('STORE_INVALID', `blob ${digest} is damaged: its content has another digest`)
}
