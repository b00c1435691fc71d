import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { onePiece } from '../../shared/base/one-piece.ts'
import type { Reference } from '../../shared/base/reference.ts'
import { createSlots } from '../../shared/base/slots.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { noZstdInManifest } from '../export/check-compression.ts'
import { type AskedCompression, type CompressionChoice, compressionLevels } from '../layers/compress/choice.ts'
import type { ImageSigner, Publisher, PublishTarget, RemoteImages } from '../ports.ts'
import { imagePlatform } from '../store/local-manifest.ts'
import type { Store, StoredImage } from '../store/types.ts'
import type { EmitTransfer } from '../transfer-events.ts'
import { knownManifest, type ManifestFormat, newManifest, type PublishedManifest, written } from './image-manifest.ts'
import type { WantedForm } from './known-forms.ts'
import { type PublishedIndexes, publishIndexes } from './publish-indexes.ts'
import { publishLayer } from './publish-layer.ts'
import { createTransfers, type Transfers } from './transfers.ts'

export interface PublishImageOptions {
  readonly publisher: Publisher
  /** Where layers are read from of which only the index is here. */
  readonly images?: Pick<RemoteImages, 'content'> | undefined
  /** Without it a layer is left as registries have it already; one that has to be compressed becomes gzip. */
  readonly compression?: AskedCompression | undefined
  /** Signs the image before any of its tags moves: when that fails, none does. */
  readonly signer?: ImageSigner | undefined
  /** As the image was pulled, else `oci`. */
  readonly format?: ManifestFormat | undefined
  /** Of the manifest, beside those that the image has. */
  readonly annotations?: ReadonlyMap<string, string> | undefined
  /** False: the indexes of its layers are not published beside it. They never are in docker's format. */
  readonly indexes?: boolean | undefined
  /** Is told what went wrong without harm to the image. */
  readonly onWarning?: ((warning: string) => void) | undefined
  /** Layers at a time; 5 unless told otherwise. */
  readonly atOnce?: number | undefined
  readonly emit?: EmitTransfer | undefined
  /** Tells of what moves in the place of `emit`, where more than this moves. */
  readonly transfers?: Transfers | undefined
  readonly signal?: AbortSignal | undefined
}

/** Docker's too. */
const usualAtOnce = 5
/** While one is about to end, the next keeps the processors busy; frames of zstd take too much memory for that. */
const compressedAtOnce = { gzip: 2, zstd: 1 } as const

/**
 * Publishes an image in a repository under tags, and gives the descriptor of its manifest. All that the manifest names comes
 * first, side by side, so a tag never names what is not there. An image that was pulled, and whose layers the
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
  const place = { image, to, target: options.publisher.repository(to) }
  const { target } = place
  const parts = await publishParts(store, place, options)
  const { manifest, indexes } = await manifestWithIndexes(store, { ...place, ...parts }, options)
  options.signal?.throwIfAborted()
  if (options.signer !== undefined) await signFirst({ to, tags, target, manifest }, options.signer, options)
  for (const tag of tags) await target.putManifest(tag, manifest, { signal: options.signal })
  await attachIndexes(indexes, manifest, options)
  const { mediaType, digest, bytes, pulled } = manifest
  await store.origins.add(image.imageID, { ...to, mediaType, digest, manifest: bytes, ...(pulled && { pulled }) })
  return { mediaType, digest, size: bytes.byteLength, platform: imagePlatform(image.config) }
}

interface Signing {
  readonly to: Pick<Reference, 'domain' | 'path'>
  readonly tags: readonly string[]
  readonly target: PublishTarget
  readonly manifest: PublishedManifest
}

/** The manifest is there under its digest, so that whoever is told of the signature finds it; the tags are as they were. */
async function signFirst(
  { to, tags, target, manifest }: Signing,
  signer: ImageSigner,
  { signal }: PublishImageOptions,
): Promise<void> {
  const { digest, bytes } = manifest
  await target.putManifest(digest, manifest, { signal })
  await signer.sign(to, { tags, digest, size: bytes.byteLength }, { signal })
  signal?.throwIfAborted()
}

interface Place {
  readonly image: StoredImage
  readonly to: Pick<Reference, 'domain' | 'path'>
  readonly target: PublishTarget
}

interface Parts {
  /** What the repository has of each layer, by diffID. */
  readonly layers: ReadonlyMap<Digest, Descriptor>
  /** Undefined too when it depends on the layers whether they are sent. */
  readonly indexes: PublishedIndexes | undefined
}

/** What a manifest names, none of which has to wait for another. */
async function publishParts(store: Store, place: Place, options: PublishImageOptions): Promise<Parts> {
  const forms = formsOf(options)
  const parts: { layers: Parts['layers']; indexes: Parts['indexes'] } = { layers: new Map(), indexes: undefined }
  const work: ((signal: AbortSignal) => Promise<void>)[] = [
    async (signal) => void (parts.layers = await publishLayers(store, place, { ...options, forms, signal })),
    async (signal) => pushConfig(store, place, signal),
  ]
  if (!wasPulled(store, place.image))
    work.push(async (signal) => void (parts.indexes = await sendIndexes(store, place, { ...options, signal })))
  const { signal } = options
  await inParallel(work, { atOnce: work.length, signal }, async (part, stop) => part(stop))
  return parts
}

/** One that was pulled may keep its manifest, which then names no indexes but those that it named. */
function wasPulled({ origins }: Store, { imageID }: StoredImage): boolean {
  return origins.get(imageID).some(({ pulled }) => pulled === true)
}

/** What the repository then has of each layer, by diffID. */
async function publishLayers(
  store: Store,
  { image, to, target }: Place,
  { forms, ...options }: PublishImageOptions & { readonly forms: Forms },
): Promise<ReadonlyMap<Digest, Descriptor>> {
  const { images, emit, transfers = createTransfers(emit), signal, atOnce = usualAtOnce, onWarning } = options
  const diffIDs = [...new Set(image.config.rootfs.diff_ids)]
  const place = { domain: to.domain, path: to.path }
  const compressing = createSlots(compressedAtOnce[forms.compression?.format ?? 'gzip'])
  const scope = { store, to: place, target, transfers, compressing, images, onWarning, ...forms }
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
  if (format === 'docker' && asked?.format === 'zstd') throw noZstdInManifest()
  const wanted = { compression: asked?.format ?? (format === 'docker' ? 'gzip' : 'any'), level: asked?.level } as const
  const name = asked?.format ?? 'gzip'
  return {
    wanted,
    compression: name === 'none' ? undefined : { format: name, level: asked?.level ?? compressionLevels[name].level },
  }
}

interface WithIndexes {
  readonly manifest: PublishedManifest
  readonly indexes?: PublishedIndexes | undefined
}

/**
 * The manifest that the image was pulled or pushed with, when that says the same; else a new one, which names the indexes of the
 * layers. One that was pulled without such names stays as it is, and has no indexes.
 */
async function manifestWithIndexes(
  store: Store,
  described: Parts & Place,
  options: PublishImageOptions,
): Promise<WithIndexes> {
  const plain = newManifest(described, options)
  const unchanged = knownManifest(store, { image: described.image, wanted: plain }, options)
  if (unchanged?.pulled === true) return { manifest: unchanged }
  const indexes =
    described.indexes ?? (wasPulled(store, described.image) ? await sendIndexes(store, described, options) : undefined)
  if (indexes === undefined) return { manifest: unchanged ?? written(plain) }
  const annotations = new Map([...(options.annotations ?? []), ...indexes.annotations])
  const wanted = newManifest(described, { ...options, annotations })
  return { manifest: knownManifest(store, { image: described.image, wanted }, options) ?? written(wanted), indexes }
}

/** An image is worth having without them. */
async function sendIndexes(
  store: Store,
  { image, to, target }: Place,
  { format, indexes, onWarning, signal }: PublishImageOptions,
): Promise<PublishedIndexes | undefined> {
  if (format === 'docker' || indexes === false || image.config.rootfs.diff_ids.length === 0) return undefined
  try {
    return await publishIndexes(store, image.config.rootfs.diff_ids, {
      to,
      target,
      isNew: neverPublished(store, image),
      signal,
    })
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof IbuildError)) throw error
    onWarning?.(`the indexes of the layers are not published: ${error.message}`)
    return undefined
  }
}

/** Some registries refuse manifests of artifacts: then they may remove the indexes some day, and builds read the layers. */
async function attachIndexes(
  indexes: PublishedIndexes | undefined,
  { mediaType, digest, bytes }: PublishedManifest,
  { onWarning, signal }: PublishImageOptions,
): Promise<void> {
  try {
    await indexes?.attach({ mediaType, digest, size: bytes.byteLength })
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof IbuildError)) throw error
    onWarning?.(`the registry does not keep the indexes of the layers with the image: ${error.message}`)
  }
}

async function pushConfig(store: Store, { target, image }: Place, signal: AbortSignal): Promise<void> {
  const isMissing = neverPublished(store, image)
  await target.pushBlob(image.manifest.config, () => onePiece(image.configBytes), { signal, isMissing })
}

/** True for an image that, as far as known, is in no registry: what only it has is nowhere. */
function neverPublished({ origins }: Store, { imageID }: StoredImage): boolean {
  return origins.get(imageID).length === 0
}
