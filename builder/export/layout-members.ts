import { hexOf } from '../../shared/base/digest.ts'
import { parseReference, shortName } from '../../shared/base/reference.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { needLayer } from '../store/open-layer.ts'
import type { Store, StoredImage } from '../store/types.ts'
import type { ArchiveMember } from './archive.ts'
import { layerTar } from './layer-tar.ts'

/** An image to write, with the full names it gets in the archive. */
export interface NamedImage {
  readonly image: StoredImage
  readonly names: readonly string[]
}

export interface LayoutOptions {
  /** Adds docker's manifest.json, so that `docker load` of any version reads the archive. */
  readonly docker: boolean
}

/**
 * The files of an OCI image layout (OCI image-spec, image-layout.md) with these images: blobs first, the documents that
 * name them last. Layers are uncompressed. Each blob occurs once.
 */
export async function* layoutMembers(
  store: Store,
  images: readonly NamedImage[],
  { docker }: LayoutOptions,
): AsyncGenerator<ArchiveMember> {
  const written = new Set<string>()
  for (const { image } of images) yield* blobMembers(store, image, written)
  yield textMember('index.json', serializeManifest(indexOf(images)))
  if (docker) yield textMember('manifest.json', Buffer.from(JSON.stringify(images.map(dockerManifest))))
  yield textMember('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
}

function textMember(name: string, content: Buffer): ArchiveMember {
  return { name, size: content.length, content }
}

function blobName(digest: StoredImage['imageID']): string {
  return `blobs/sha256/${hexOf(digest)}`
}

async function* blobMembers(store: Store, image: StoredImage, written: Set<string>): AsyncGenerator<ArchiveMember> {
  for (const { digest, size } of image.manifest.layers) {
    const layer = needLayer(store, digest)
    if (isNew(digest, written)) yield { name: blobName(digest), size, content: layerTar(layer) }
  }
  if (isNew(image.imageID, written)) yield textMember(blobName(image.imageID), image.configBytes)
  if (isNew(image.manifestDigest, written)) yield textMember(blobName(image.manifestDigest), image.manifestBytes)
}

function isNew(digest: string, written: Set<string>): boolean {
  return written.size !== written.add(digest).size
}

function indexOf(images: readonly NamedImage[]) {
  const manifests = images.flatMap(({ image, names }) => {
    const { os, architecture, variant } = image.config
    const descriptor = {
      mediaType: image.manifest.mediaType,
      digest: image.manifestDigest,
      size: image.manifestBytes.length,
      platform: { os, architecture, ...(variant !== undefined && { variant }) },
    }
    return names.length === 0
      ? [descriptor]
      : names.map((name) => ({ ...descriptor, annotations: nameAnnotations(name) }))
  })
  return { schemaVersion: 2 as const, mediaType: mediaTypes.ociIndex, manifests }
}

/** The full name for containerd and docker, the tag for tools that look for it. */
function nameAnnotations(name: string): Record<string, string> {
  const { tag } = parseReference(name)
  return { 'io.containerd.image.name': name, ...(tag !== undefined && { 'org.opencontainers.image.ref.name': tag }) }
}

function dockerManifest({ image, names }: NamedImage): object {
  return {
    Config: blobName(image.imageID),
    RepoTags: names.map(shortName),
    Layers: image.manifest.layers.map(({ digest }) => blobName(digest)),
  }
}
