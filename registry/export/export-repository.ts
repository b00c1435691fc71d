import { untilAborted } from '../../shared/base/abort.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { unlessUnknown } from '../protocol/unless-unknown.ts'
import type { StoredManifest } from '../service/stored-manifest.ts'
import type { RegistryService } from '../service/types.ts'
import type { BlobDriver, BlobReader } from '../storage/blob-types.ts'
import type { LayoutFolder } from './layout-folder.ts'

/** What was written, of all layouts together. */
export interface ExportCounts {
  repositories: number
  tags: number
  manifests: number
  /** Blobs that were linked to, copied, and found there already. */
  linked: number
  copied: number
  there: number
}

export interface RepositoryExport {
  readonly service: Pick<RegistryService, 'blobs' | 'manifests'>
  readonly give: BlobDriver['give']
  readonly name: RepositoryName
  readonly layout: LayoutFolder
  readonly isCopy: boolean
  readonly signal?: AbortSignal | undefined
  readonly counts: ExportCounts
  /** Told of manifests that an index names and the repository does not have. */
  readonly onSparse: (index: Digest, missing: Digest) => void
}

/** Writes manifests with all that they name. */
export interface ManifestExport {
  /**
   * Writes a manifest, after all that it names and the repository has. False when it was removed meanwhile; BLOB_UNKNOWN and
   * UNKNOWN when a blob is missing or damaged: then the manifest is not written, as when the signal aborts.
   */
  write(manifest: StoredManifest): Promise<boolean>
}

/** How deep indexes may name indexes. */
const mostDepth = 8
const piece = 1024 * 1024

export function exportRepository(parts: RepositoryExport): ManifestExport {
  const { service, give, name, layout, isCopy, signal, counts } = parts
  const done = new Set<Digest>()

  const giveBlob = async (digest: Digest): Promise<'linked' | 'copied'> => {
    if (!isCopy && (await give(digest, layout.blobPath(digest)))) return 'linked'
    const reader = await service.blobs.open(name, digest)
    try {
      await layout.write(digest, untilAborted(chunksOf(reader), signal))
    } finally {
      await reader.close()
    }
    return 'copied'
  }
  const writeBlob = async (digest: Digest): Promise<void> => {
    if (done.has(digest)) return
    signal?.throwIfAborted()
    const size = await service.blobs.size(name, digest)
    if (await layout.has(digest, size)) counts.there++
    else {
      const how = await giveBlob(digest).catch(async (error: unknown) => {
        if (errnoOf(error) !== 'EEXIST' || !(await layout.has(digest, size))) throw error
        return 'there' as const
      })
      counts[how]++
    }
    done.add(digest)
  }
  const writeChildren = async (index: Digest, digests: readonly Digest[], depth: number): Promise<void> => {
    for (const digest of digests) {
      const child = await service.manifests.get(name, { digest }).catch(unlessUnknown)
      if (child === undefined) parts.onSparse(index, digest)
      else await write(child, depth + 1)
    }
  }
  const write = async (manifest: StoredManifest, depth: number): Promise<void> => {
    const { digest, mediaType, bytes } = manifest
    if (done.has(digest)) return
    signal?.throwIfAborted()
    if (depth > mostDepth) throw new RegistryError('MANIFEST_INVALID', 'indexes are nested too deep')
    const { blobs, manifests } = parseManifest(bytes, mediaType)
    for (const blob of blobs) await writeBlob(blob.digest)
    await writeChildren(
      digest,
      manifests.map((child) => child.digest),
      depth,
    )
    if (!(await layout.has(digest, bytes.byteLength))) await layout.put(digest, bytes)
    done.add(digest)
    counts.manifests++
  }
  return {
    write: async (manifest) => {
      try {
        await write(manifest, 0)
        return true
      } catch (error) {
        const { digest } = manifest
        if ((await service.manifests.get(name, { digest }).catch(unlessUnknown)) === undefined) return false
        throw error
      }
    },
  }
}

async function* chunksOf(reader: BlobReader): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(piece)
  for (let position = 0; position < reader.size; ) {
    const count = await reader.read(buffer, position)
    if (count === 0) return
    yield buffer.subarray(0, count)
    position += count
  }
}
