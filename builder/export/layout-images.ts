import { algorithmOf, type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type Manifest, parseIndex, parseManifest } from '../../shared/oci/manifest.ts'
import { isIndexType, isManifestType, mediaTypes } from '../../shared/oci/media-types.ts'
import { formatPlatform, hostPlatform, samePlatform } from '../../shared/oci/platform.ts'
import type { ArchiveFiles } from './archive-files.ts'
import { type ArchivedImage, archivedName, type FoundImages, maxDocument, type SkippedImage } from './archived-image.ts'

/** How deep indexes may name indexes. */
const maxDepth = 4

/** The images of an OCI layout that are for this machine. Errors: ARCHIVE_INVALID, MANIFEST_INVALID, DIGEST_MISMATCH. */
export async function layoutImages(files: ArchiveFiles): Promise<FoundImages> {
  const { manifests, skipped } = await layoutManifests(files)
  const found = await Promise.all(manifests.map(async (descriptor) => layoutImage(files, descriptor)))
  const images = mergeNames(found.filter((image) => 'config' in image))
  const all = [...skipped, ...found.filter((image) => 'reason' in image)]
  if (images.length > 0) return { images, skipped: all }
  throw noImage(all)
}

function noImage(skipped: readonly SkippedImage[]): IbuildError {
  const platforms = [...new Set(skipped.flatMap(({ platform }) => platform ?? []))]
  const others = platforms.length === 0 ? '' : `, only for ${platforms.join(', ')}`
  return new IbuildError('ARCHIVE_INVALID', `the layout has no image for ${formatPlatform(hostPlatform())}${others}`)
}

interface LayoutManifests {
  /** Of image manifests for this machine; names of an index pass on to what it holds. */
  readonly manifests: readonly Descriptor[]
  readonly skipped: readonly SkippedImage[]
}

async function layoutManifests(files: ArchiveFiles): Promise<LayoutManifests> {
  const index = parseIndex(parseJson(await files.read('index.json', maxDocument), { what: 'index.json' }))
  const skipped: SkippedImage[] = []
  return { manifests: await manifestsOf(files, index.manifests, { depth: 0, skipped }), skipped }
}

interface Walk {
  readonly depth: number
  readonly skipped: SkippedImage[]
}

async function manifestsOf(
  files: ArchiveFiles,
  descriptors: readonly Descriptor[],
  { depth, skipped }: Walk,
): Promise<Descriptor[]> {
  if (depth > maxDepth) throw new IbuildError('MANIFEST_INVALID', 'indexes are nested too deep')
  const lists = await Promise.all(
    descriptors.map(async (descriptor) => {
      const skip = reasonToSkip(descriptor)
      if (skip !== undefined) skipped.push(skip)
      if (skip !== undefined || isManifestType(descriptor.mediaType)) return skip === undefined ? [descriptor] : []
      const index = parseIndex(parseJson(await readBlob(files, descriptor), { what: `index ${descriptor.digest}` }))
      const inner = await manifestsOf(files, index.manifests, { depth: depth + 1, skipped })
      return inner.map((child) => ({ ...child, annotations: { ...descriptor.annotations, ...child.annotations } }))
    }),
  )
  return lists.flat()
}

function reasonToSkip({ digest, mediaType, platform, annotations }: Descriptor): SkippedImage | undefined {
  const isDocument = isManifestType(mediaType) || isIndexType(mediaType)
  if (!isDocument || annotations?.['vnd.docker.reference.type'] !== undefined) return { digest, reason: 'no image' }
  if (platform === undefined || samePlatform(platform, hostPlatform())) return undefined
  return { digest, reason: 'other platform', platform: formatPlatform(platform) }
}

async function layoutImage(files: ArchiveFiles, descriptor: Descriptor): Promise<ArchivedImage | SkippedImage> {
  const manifest = await readManifest(files, descriptor)
  if (!isImage(manifest)) return { digest: descriptor.digest, reason: 'no image' }
  return {
    config: await readBlob(files, manifest.config),
    layers: manifest.layers.map(({ digest }) => ({ file: blobFile(digest), digest })),
    names: namesOf(descriptor),
    annotations: new Map(Object.entries(manifest.annotations ?? {})),
  }
}

async function readManifest(files: ArchiveFiles, descriptor: Descriptor): Promise<Manifest> {
  const bytes = await readBlob(files, descriptor)
  return parseManifest(parseJson(bytes, { what: `manifest ${descriptor.digest}` }))
}

/** Signatures, charts and the like have manifests too. */
function isImage({ config: { mediaType } }: Manifest): boolean {
  return mediaType === mediaTypes.ociConfig || mediaType === mediaTypes.dockerConfig
}

/** What the manifests say besides, by the digest of the config: a docker archive may hold an OCI layout of the same images. */
export async function layoutAnnotations(
  files: ArchiveFiles,
): Promise<ReadonlyMap<Digest, ArchivedImage['annotations']>> {
  const { manifests } = await layoutManifests(files)
  const found = await Promise.all(manifests.map(async (descriptor) => readManifest(files, descriptor)))
  return new Map(
    found.map(({ config, annotations = {} }) => [config.digest, new Map(Object.entries(annotations))] as const),
  )
}

/** One image under several names is several descriptors in an index. */
function mergeNames(images: readonly ArchivedImage[]): ArchivedImage[] {
  const merged = new Map<string, ArchivedImage>()
  for (const image of images) {
    const key = digestOf(image.config)
    const known = merged.get(key)
    merged.set(key, known === undefined ? image : { ...known, names: [...new Set([...known.names, ...image.names])] })
  }
  return [...merged.values()]
}

/** A full name when the annotations have one; a tag alone, or what other tools put there, names no image. */
function namesOf({ annotations = {} }: Descriptor): string[] {
  const candidates = [annotations['io.containerd.image.name'], annotations['org.opencontainers.image.ref.name']]
  const named = candidates.find((text) => text !== undefined && /[/:]/.test(text))
  return named === undefined ? [] : [archivedName(named)].filter((name) => name !== undefined)
}

function blobFile(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`
}

/** A small blob, checked against its descriptor. */
async function readBlob(files: ArchiveFiles, { digest, size }: Descriptor): Promise<Buffer> {
  const bytes = await files.read(blobFile(digest), maxDocument)
  if (bytes.length === size && digestOf(bytes, algorithmOf(digest)) === digest) return bytes
  throw new IbuildError('DIGEST_MISMATCH', `blob ${digest} of the archive has other content than its digest says`)
}
