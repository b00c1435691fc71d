import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { parseJson } from '../../shared/base/json.ts'
import type { Reference } from '../../shared/base/reference.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { parseManifest, serializeManifest } from '../../shared/oci/manifest.ts'
import { layerCompression, mediaTypes } from '../../shared/oci/media-types.ts'
import { type CompressionChoice, compressionLevels } from '../layers/compress/choice.ts'
import type { Publisher, PublishTarget, RemoteImages } from '../ports.ts'
import { imagePlatform } from '../store/local-manifest.ts'
import type { ImageOrigin } from '../store/remote-types.ts'
import type { Store, StoredImage } from '../store/types.ts'
import type { EmitTransfer } from '../transfer-events.ts'
import type { WantedForm } from './known-forms.ts'
import { publishLayer } from './publish-layer.ts'
import { createTransfers } from './transfers.ts'

/** Which media types the manifest and what it names have. */
export type ManifestFormat = 'oci' | 'docker'

/** What a layer is compressed with; a level only when it was asked for. */
export interface AskedCompression {
  readonly format: CompressionChoice['format'] | 'none'
  readonly level?: number | undefined
}

export interface PublishImageOptions {
  readonly publisher: Publisher
  /** Where layers are read from of which only the index is here. */
  readonly images?: Pick<RemoteImages, 'content'> | undefined
  /** Without it a layer is left as registries have it already; one that has to be compressed becomes gzip. */
  readonly compression?: AskedCompression | undefined
  /** As the image was pulled, else `oci`. */
  readonly format?: ManifestFormat | undefined
  /** Of the manifest, beside those that the image has. */
  readonly annotations?: ReadonlyMap<string, string> | undefined
  /** Layers at a time; 5 unless told otherwise. */
  readonly atOnce?: number | undefined
  readonly emit?: EmitTransfer | undefined
  readonly signal?: AbortSignal | undefined
}

/** Docker's too. */
const usualAtOnce = 5

/**
 * Publishes an image in a repository under tags, and gives the descriptor of its manifest. Layers come first, side by side,
 * then the config, then the manifest, so a tag never names what is not there. An image that was pulled, and whose layers the
 * repository has as they were, gets the manifest that it had there, byte for byte. Errors: those of the registry, USAGE for
 * zstd in docker's format, LAYER_INVALID, DIGEST_MISMATCH.
 */
export async function publishImage(
  store: Store,
  {
    image,
    to,
    tags,
  }: { readonly image: StoredImage; readonly to: Pick<Reference, 'domain' | 'path'>; readonly tags: readonly string[] },
  options: PublishImageOptions,
): Promise<Descriptor> {
  const target = options.publisher.repository(to)
  const layers = await publishLayers(store, { image, to, target }, options)
  const manifest = manifestFor(store, { image, layers }, options)
  options.signal?.throwIfAborted()
  await pushConfig(target, { image, manifest }, options)
  for (const tag of tags) await target.putManifest(tag, manifest, { signal: options.signal })
  const { mediaType, digest, bytes } = manifest
  await store.origins.add(image.imageID, { ...to, mediaType, digest, manifest: bytes })
  return { mediaType, digest, size: bytes.byteLength, platform: imagePlatform(image.config) }
}

interface Place {
  readonly image: StoredImage
  readonly to: Pick<Reference, 'domain' | 'path'>
  readonly target: PublishTarget
}

/** What the repository then has of each layer, by diffID. */
async function publishLayers(
  store: Store,
  { image, to, target }: Place,
  options: PublishImageOptions,
): Promise<ReadonlyMap<Digest, Descriptor>> {
  const { images, emit, signal, atOnce = usualAtOnce } = options
  const diffIDs = [...new Set(image.config.rootfs.diff_ids)]
  const place = { domain: to.domain, path: to.path }
  const scope = { store, to: place, target, transfers: createTransfers(emit), images, ...formsOf(options) }
  const published = await inParallel(diffIDs, { atOnce, signal }, async (diffID, stop) =>
    publishLayer(scope, diffID, stop),
  )
  return new Map(diffIDs.flatMap((diffID, i) => (published[i] === undefined ? [] : [[diffID, published[i]]])))
}

interface Forms {
  readonly wanted: WantedForm
  readonly compression: CompressionChoice | undefined
}

function formsOf({ compression: asked, format }: PublishImageOptions): Forms {
  if (format === 'docker' && asked?.format === 'zstd')
    throw new IbuildError('USAGE', "docker's manifest format knows no zstd layers", {
      hint: 'Take gzip, or the format oci.',
    })
  const wanted = { compression: asked?.format ?? (format === 'docker' ? 'gzip' : 'any'), level: asked?.level } as const
  const name = asked?.format ?? 'gzip'
  return {
    wanted,
    compression: name === 'none' ? undefined : { format: name, level: asked?.level ?? compressionLevels[name].level },
  }
}

interface PublishedManifest {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

interface Described {
  readonly image: StoredImage
  readonly layers: ReadonlyMap<Digest, Descriptor>
}

/** The manifest that the image was pulled or pushed with, when that says the same; else a new one. */
function manifestFor(store: Store, described: Described, options: PublishImageOptions): PublishedManifest {
  const wanted = newManifest(described, options)
  const origins = store.origins.get(described.image.imageID)
  const same = origins.find((origin) => saysTheSame(origin, wanted, options.format))
  if (same !== undefined) return { mediaType: same.mediaType, digest: same.digest, bytes: same.manifest }
  const bytes = serializeManifest(wanted)
  return { mediaType: wanted.mediaType, digest: digestOf(bytes), bytes }
}

type NewManifest = ReturnType<typeof newManifest>

function newManifest({ image, layers }: Described, { annotations, format = 'oci' }: PublishImageOptions) {
  const merged = { ...image.manifest.annotations, ...Object.fromEntries(annotations ?? []) }
  const { digest, size } = image.manifest.config
  return {
    schemaVersion: 2,
    mediaType: format === 'docker' ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    config: { mediaType: format === 'docker' ? mediaTypes.dockerConfig : mediaTypes.ociConfig, digest, size },
    layers: image.config.rootfs.diff_ids.flatMap((diffID) => inFormat(layers.get(diffID), format)),
    ...(Object.keys(merged).length > 0 && { annotations: merged }),
  } as const
}

/** Media types of the two formats do not belong into one manifest. */
function inFormat(descriptor: Descriptor | undefined, format: ManifestFormat): Descriptor[] {
  if (descriptor === undefined) return []
  const { digest, size } = descriptor
  const mediaType = layerType(descriptor.mediaType, format)
  return [{ mediaType, digest, size }]
}

function layerType(mediaType: string, format: ManifestFormat): string {
  switch (layerCompression(mediaType)) {
    case 'gzip':
      return format === 'docker' ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip
    case 'none':
      return format === 'docker' ? mediaTypes.dockerLayer : mediaTypes.ociLayer
    case 'zstd':
      return mediaTypes.ociLayerZstd
    case undefined:
      return mediaType
  }
}

function saysTheSame(origin: ImageOrigin, wanted: NewManifest, format: ManifestFormat | undefined): boolean {
  if (format !== undefined && origin.mediaType !== wanted.mediaType) return false
  if (digestOf(origin.manifest) !== origin.digest) return false
  const { config, layers, annotations = {} } = parseManifest(parseJson(origin.manifest, { what: 'manifest' }))
  const own: Readonly<Record<string, string>> = wanted.annotations ?? {}
  return (
    config.digest === wanted.config.digest &&
    layers.length === wanted.layers.length &&
    layers.every(({ digest }, i) => digest === wanted.layers[i]?.digest) &&
    Object.keys({ ...annotations, ...own }).every((key) => annotations[key] === own[key])
  )
}

async function pushConfig(
  target: PublishTarget,
  { image, manifest }: { readonly image: StoredImage; readonly manifest: PublishedManifest },
  { signal }: PublishImageOptions,
): Promise<void> {
  const { config } = parseManifest(parseJson(manifest.bytes, { what: 'manifest' }))
  const bytes = image.configBytes
  await target.pushBlob(config, () => piecesOf(bytes), { signal })
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
