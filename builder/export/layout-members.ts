import { type Digest, hexOf } from '../../shared/base/digest.ts'
import { parseReference, shortName } from '../../shared/base/reference.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { ArchiveMember } from './archive.ts'
import type { ArchiveImage } from './archive-image.ts'

export interface LayoutOptions {
  /** Adds docker's manifest.json, so that `docker load` of any version reads the archive. */
  readonly docker: boolean
}

/**
 * The files of an OCI image layout (OCI image-spec, image-layout.md) with these images: blobs first, the documents that
 * name them last. Each blob occurs once.
 */
export async function* membersOf(
  images: readonly ArchiveImage[],
  { docker }: LayoutOptions,
): AsyncGenerator<ArchiveMember> {
  yield* blobMembers(images)
  yield textMember('index.json', serializeManifest(indexOf(descriptorsOf(images))))
  if (docker) yield textMember('manifest.json', Buffer.from(JSON.stringify(images.map(dockerManifest))))
  yield textMember('oci-layout', layoutVersion)
}

/** The content of the file oci-layout. */
export const layoutVersion = Buffer.from('{"imageLayoutVersion":"1.0.0"}')

/** Layers, configs and manifests, each once. */
export async function* blobMembers(images: readonly ArchiveImage[]): AsyncGenerator<ArchiveMember> {
  const written = new Set<Digest>()
  for (const { image, layers, manifestBytes, descriptor } of images) {
    for (const layer of layers) {
      const { digest, size } = layer.descriptor
      if (isNew(digest, written)) yield { name: blobName(digest), size, content: layer.open() }
    }
    if (isNew(image.imageID, written)) yield textMember(blobName(image.imageID), image.configBytes)
    if (isNew(descriptor.digest, written)) yield textMember(blobName(descriptor.digest), manifestBytes)
  }
}

function textMember(name: string, content: Buffer): ArchiveMember {
  return { name, size: content.length, content }
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}

function isNew(digest: Digest, written: Set<Digest>): boolean {
  return written.size !== written.add(digest).size
}

/** The index.json of a layout. */
export function indexOf(manifests: readonly Descriptor[]): Parameters<typeof serializeManifest>[0] {
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
}

/** One descriptor for each name, one for an image without names. `others` are the full names that the index has besides. */
export function descriptorsOf(images: readonly ArchiveImage[], others: readonly string[] = []): Descriptor[] {
  const ambiguous = repeated([...images.flatMap(({ names }) => names), ...others].map(tagOf))
  return images.flatMap(({ descriptor, names }) => {
    if (names.length === 0) return [descriptor]
    return names.map((name) => ({
      ...descriptor,
      annotations: { ...descriptor.annotations, ...nameAnnotations(name, ambiguous) },
    }))
  })
}

function repeated(values: readonly (string | undefined)[]): Set<string | undefined> {
  return new Set(values.filter((value, i) => values.indexOf(value) !== i))
}

function tagOf(name: string): string | undefined {
  return parseReference(name).tag
}

/** Annotations of a descriptor: the full name, and what tools for layouts take for a tag. */
export const [nameKey, refKey] = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'] as const

/** The full name for containerd and docker; for tools that look for a tag the tag, with its repository where it is not the only one. */
function nameAnnotations(name: string, ambiguous: ReadonlySet<string | undefined>): Record<string, string> {
  const tag = tagOf(name)
  const short = ambiguous.has(tag) ? shortName(name) : tag
  return {
    [nameKey]: name,
    ...(short !== undefined && { [refKey]: short }),
  }
}

function dockerManifest({ image, names, layers }: ArchiveImage): object {
  return {
    Config: blobName(image.imageID),
    RepoTags: names.map(shortName),
    Layers: layers.map(({ descriptor }) => blobName(descriptor.digest)),
  }
}
