import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { parseJson } from '../../shared/base/json.ts'
import { formatReference, type Reference } from '../../shared/base/reference.ts'
import { type ImageConfig, parseConfig, serializeConfig } from '../../shared/oci/config.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type Manifest, parseManifest } from '../../shared/oci/manifest.ts'
import type { RemoteImage } from '../ports.ts'
import type { MaxLayers } from '../squash/layer-limit.ts'
import { mergeConfig } from '../squash/merge-config.ts'
import { planLoad } from '../squash/plan-load.ts'
import { annotatedManifest } from '../store/local-manifest.ts'
import type { Store, StoredImage } from '../store/types.ts'
import type { EmitTransfer } from '../transfer-events.ts'
import { withoutList } from './index-list.ts'
import { pullLayer, type RemoteLayer } from './pull-layer.ts'
import { createTransfers } from './transfers.ts'

export interface PullOptions {
  /** The full name that the image gets, see {@link pulledName}. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
  readonly emit?: EmitTransfer | undefined
  /** Layers at a time; 3 unless told otherwise. */
  readonly atOnce?: number | undefined
  /** Merges neighbouring layers of an image that has more. */
  readonly maxLayers?: MaxLayers | undefined
  /** Is told of an image with nearly too many layers, and of what was false that was believed of a layer. */
  readonly onWarning?: ((warning: string) => void) | undefined
}

export interface PulledImage {
  readonly image: StoredImage
  /** False when the name meant this image before. */
  readonly isNew: boolean
}

/** Docker's too: more at a time gain little and make the first come later. */
const usualAtOnce = 3

/**
 * Brings an image of a registry into the store under a name. Every layer is checked against the diffID of the config; those that the store has are not fetched. What was
 * fetched before a failure stays for the next try, the image is visible only when it is complete. Errors: those of the
 * registry, MANIFEST_INVALID, CONFIG_INVALID, LAYER_LIMIT, DIGEST_MISMATCH, ARCHIVE_INVALID, ARCHIVE_UNSAFE, DISK_FULL.
 */
export async function pullImage(store: Store, remote: RemoteImage, options: PullOptions): Promise<PulledImage> {
  const { name } = options
  const lock = await store.lockShared({ signal: options.signal })
  try {
    const image = await fetchImage(store, remote, options)
    options.signal?.throwIfAborted()
    const isNew = store.tags.get(name) !== image.manifestDigest
    if (isNew) await store.tags.set(name, image.manifestDigest)
    return { image, isNew }
  } finally {
    lock.release()
  }
}

/** The full name under which an image is kept: with a digest it is that, whatever the tag; without either it gets `latest`. */
export function pulledName(asked: Reference): string {
  const { domain, path, tag = 'latest', digest } = asked
  return formatReference(digest === undefined ? { domain, path, tag } : { domain, path, digest })
}

async function fetchImage(store: Store, remote: RemoteImage, options: PullOptions): Promise<StoredImage> {
  const manifest = parseManifest(parseJson(remote.manifest, { what: 'manifest' }))
  const config = parseConfig(parseJson(remote.config, { what: 'image config' }))
  const layers = layersOf(manifest, config, remote)
  const { groups, warning } = planLoad({
    layers: config.rootfs.diff_ids.length,
    names: [options.name],
    maxLayers: options.maxLayers,
  })
  if (warning !== undefined) options.onWarning?.(warning)
  const fetched = await fetchLayers(store, layers, options)
  for (const [i, { diffID, descriptor }] of layers.entries())
    await rememberSource(store, { diffID, descriptor, remote, checked: fetched[i] })
  const merged = await mergeConfig(store, config, { groups, signal: options.signal })
  const configBytes = merged === config ? remote.config : serializeConfig(merged)
  const annotations = new Map(Object.entries(withoutList(manifest.annotations)))
  const image = await store.images.put(
    annotatedManifest(store, { config: merged, configBytes, annotations }),
    configBytes,
  )
  if (merged === config) await rememberOrigin(store, image.imageID, remote)
  return image
}

/** Each layer once. Errors: MANIFEST_INVALID, NOT_SUPPORTED. */
export function layersOf(manifest: Manifest, { rootfs }: ImageConfig, remote: RemoteImage): RemoteLayer[] {
  const [layers, diffIDs] = [manifest.layers, rootfs.diff_ids]
  if (layers.length !== diffIDs.length) {
    const message = `the manifest has ${layers.length} layers, the config ${diffIDs.length}`
    throw new IbuildError('MANIFEST_INVALID', message)
  }
  const found = new Map<Digest, RemoteLayer>()
  for (const [i, diffID] of diffIDs.entries()) {
    const descriptor = layers[i]
    if (descriptor === undefined || found.has(diffID)) continue
    checkReadable(descriptor)
    found.set(diffID, { diffID, descriptor, content: (fetch) => remote.content(descriptor, fetch) })
  }
  return [...found.values()]
}

function checkReadable({ mediaType, digest }: Descriptor): void {
  if (!mediaType.endsWith('+encrypted')) return
  throw new IbuildError('NOT_SUPPORTED', `the layer ${digest} is encrypted (${mediaType})`)
}

/** Tells of each layer whether it was fetched. */
async function fetchLayers(store: Store, layers: readonly RemoteLayer[], options: PullOptions): Promise<boolean[]> {
  const { signal, emit, onWarning, atOnce = usualAtOnce } = options
  const folder = await store.temp('pull')
  const transfers = createTransfers(emit)
  try {
    return await inParallel(layers, { atOnce, signal }, async (layer, stop) =>
      pullLayer(store, layer, { folder: folder.dir, transfers, onWarning, signal: stop }),
    )
  } finally {
    await folder.release()
  }
}

interface Fetched {
  readonly diffID: Digest
  readonly descriptor: Descriptor
  readonly remote: RemoteImage
  /** False when only the manifest says that the blob holds the layer. */
  readonly checked?: boolean | undefined
}

/** Notes that a repository has a layer. */
export async function rememberSource(store: Store, { diffID, descriptor, remote, checked }: Fetched): Promise<void> {
  const { mediaType, digest, size } = descriptor
  const { domain, path } = remote.reference
  await store.sources.add(diffID, { mediaType, digest, size, domain, path, ...(checked === true && { checked }) })
}

/** Notes the manifest that an image has in a repository. */
export async function rememberOrigin(
  store: Store,
  imageID: Digest,
  { reference, descriptor, manifest, index }: RemoteImage,
): Promise<void> {
  const { domain, path } = reference
  const { mediaType, digest } = descriptor
  const through = index && { index: { digest: index.digest, size: index.size } }
  await store.origins.add(imageID, { domain, path, mediaType, digest, manifest, pulled: true, ...through })
}
