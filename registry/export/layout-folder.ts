import { createHash, randomBytes } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { untilAborted } from '../../shared/base/abort.ts'
import { algorithmOf, type Digest, digestFromHash, hexOf } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { asObject, asString, parseJson, required } from '../../shared/base/json.ts'
import { onePiece } from '../../shared/base/one-piece.ts'
import { makeFolders, mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { parseIndex } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'

/** The annotation by which an OCI layout names what is in it. */
export const refName = 'org.opencontainers.image.ref.name'

/** An OCI image layout that is being written (OCI image-spec, image-layout.md). What is there is never overwritten. */
export interface LayoutFolder {
  /** What its index has so far. */
  readonly descriptors: readonly Descriptor[]
  blobPath(digest: Digest): string
  /** True when the blob is there; EXPORT_REFUSED when something else has its name. */
  has(digest: Digest, size: number): Promise<boolean>
  /** Puts small content under its digest. */
  put(digest: Digest, bytes: Uint8Array): Promise<void>
  /** Writes what `chunks` give, in the order of a blob, and verifies it. DIGEST_MISMATCH. */
  write(digest: Digest, chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** Makes all that was written durable, and then these descriptors the index. */
  finish(descriptors: readonly Descriptor[]): Promise<void>
}

const layoutText = '{"imageLayoutVersion":"1.0.0"}'
const [longestIndex, longestLayout] = [64 * 1024 * 1024, 4096]

/**
 * Opens the layout in a folder, which is made where there is none. EXPORT_REFUSED when the folder has something else. `signal`
 * stops the reading of blobs that are there.
 */
export async function openLayout(folder: string, signal?: AbortSignal): Promise<LayoutFolder> {
  const at = (name: string): string => join(folder, name)
  makeFolders(folder)
  await ensureMarker(folder)
  const descriptors = await readIndex(at('index.json'))
  for (const name of ['blobs/sha256', 'blobs/sha512']) makeFolders(at(name))
  const blobPath = (digest: Digest): string => join(folder, 'blobs', algorithmOf(digest), hexOf(digest))
  const write: LayoutFolder['write'] = async (digest, chunks) => {
    const path = blobPath(digest)
    const temporary = join(folder, 'blobs', `.${randomBytes(9).toString('hex')}`)
    try {
      const found = await mapDiskFull(async () => writeChunks(temporary, chunks, algorithmOf(digest)))
      if (found !== digest)
        throw new IbuildError('DIGEST_MISMATCH', `${digest} is damaged in the registry: its bytes are ${found}`)
      await rename(temporary, path)
    } finally {
      await rm(temporary, { force: true })
    }
  }
  return {
    descriptors,
    blobPath,
    write,
    has: async (digest, size) => {
      const path = blobPath(digest)
      const found = await stat(path).catch(ignoreMissing)
      if (found === undefined) return false
      if (found.isFile() && found.size === size && (await digestOfFile(path, digest, signal)) === digest) return true
      throw refused(`${path} is there, and it is another thing`)
    },
    put: async (digest, bytes) => write(digest, onePiece(bytes)),
    finish: async (next) => {
      for (const name of ['blobs/sha256', 'blobs/sha512', 'blobs']) await syncPath(at(name))
      const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: next }
      const temporary = at(`.index.json.${randomBytes(9).toString('hex')}`)
      try {
        await mapDiskFull(async () => writeChunks(temporary, onePiece(Buffer.from(JSON.stringify(index))), 'sha256'))
        await rename(temporary, at('index.json'))
      } finally {
        await rm(temporary, { force: true })
      }
      await syncPath(folder)
    },
  }
}

/** A folder with a part of a layout and no mark of one is none of ours. */
async function ensureMarker(folder: string): Promise<void> {
  const path = join(folder, 'oci-layout')
  const text = await readSmall(path, longestLayout)
  if (text !== undefined) return requireVersion(path, text)
  for (const name of ['blobs', 'index.json']) {
    if ((await stat(join(folder, name)).catch(ignoreMissing)) !== undefined)
      throw refused(`${folder} holds something else`)
  }
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(layoutText)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function requireVersion(path: string, text: Buffer): void {
  try {
    const place = { code: 'JSON_INVALID', path } as const
    const version = required(asObject(parseJson(text, { what: path }), place), 'imageLayoutVersion', place, asString)
    if (version === '1.0.0') return
  } catch (error) {
    if (!isIbuildError(error)) throw error
  }
  throw refused(`${path} is not that of an OCI layout`)
}

async function readIndex(path: string): Promise<readonly Descriptor[]> {
  const bytes = await readSmall(path, longestIndex)
  if (bytes === undefined) return []
  try {
    return parseIndex(parseJson(bytes, { what: path, maxBytes: longestIndex })).manifests
  } catch (cause) {
    throw refused(`${path} is not that of an OCI layout`, cause)
  }
}

async function readSmall(path: string, most: number): Promise<Buffer | undefined> {
  const found = await stat(path).catch(ignoreMissing)
  if (found === undefined) return undefined
  if (!found.isFile() || found.size > most) throw refused(`${path} is not that of an OCI layout`)
  return readFile(path)
}

async function writeChunks(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  algorithm: 'sha256' | 'sha512',
): Promise<Digest> {
  const hash = createHash(algorithm)
  const handle = await open(path, 'wx')
  try {
    for await (const chunk of chunks) {
      hash.update(chunk)
      await handle.writeFile(chunk)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return digestFromHash(hash.digest(), algorithm)
}

async function digestOfFile(path: string, like: Digest, signal: AbortSignal | undefined): Promise<Digest> {
  const hash = createHash(algorithmOf(like))
  const handle = await open(path, 'r')
  const chunks: AsyncIterable<Buffer> = handle.createReadStream({ highWaterMark: 1024 * 1024 })
  for await (const chunk of untilAborted(chunks, signal)) hash.update(chunk)
  return digestFromHash(hash.digest(), algorithmOf(like))
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error
}

function refused(message: string, cause?: unknown): IbuildError {
  return new IbuildError('EXPORT_REFUSED', message, { cause })
}
