import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import type { Container, LayerStore, StoredImage } from './types.ts'

/** What images and containers have. */
export interface Stacks {
  readonly blobs: ReadonlySet<Digest>
  /** diffIDs. */
  readonly layers: ReadonlySet<Digest>
  /** chainIDs of their stacks, those that were asked for. */
  readonly chains: ReadonlySet<Digest>
}

/** What images, containers and cache records lead to. */
export interface Reachable {
  readonly blobs: ReadonlySet<Digest>
  /** diffIDs. */
  readonly layers: ReadonlySet<Digest>
  /** diffIDs that images and containers have. */
  readonly imageLayers: ReadonlySet<Digest>
  /** chainIDs of snapshots that hold the only copy of a layer that is reached. */
  readonly holders: ReadonlySet<Digest>
  /** chainIDs of the stacks of images and containers that have a snapshot. */
  readonly imageChains: ReadonlySet<Digest>
}

interface Users {
  readonly images?: readonly StoredImage[]
  readonly containers?: readonly Container[]
  /** The chainIDs that are looked for. */
  readonly chains?: ReadonlySet<Digest>
}

/**
 * Reads every image and container, one at a time. One that is damaged is an error (STORE_INVALID), not garbage: what it
 * needs is not known.
 */
export function readStacks({ images = [], containers = [], chains: wanted = new Set() }: Users): Stacks {
  const stacks = { blobs: new Set<Digest>(), layers: new Set<Digest>(), chains: new Set<Digest>() }
  const add = ({ diffIDs, blobs }: KnownImage): void => {
    for (const digest of blobs) stacks.blobs.add(digest)
    for (const diffID of diffIDs) stacks.layers.add(diffID)
    if (wanted.size === 0) return
    for (const chainID of chainIDs(diffIDs)) if (wanted.has(chainID)) stacks.chains.add(chainID)
  }
  for (const image of images) add(readImage(image))
  for (const container of containers) add(readContainer(container))
  return stacks
}

/** `cached` are layers that cache records name. */
export function findReachable(
  { blobs, layers: imageLayers, chains }: Stacks,
  cached: Iterable<Digest>,
  layers: Pick<LayerStore, 'get'>,
): Reachable {
  const diffIDs = new Set(imageLayers)
  for (const diffID of cached) diffIDs.add(diffID)
  const holders = new Set<Digest>()
  for (const diffID of diffIDs) {
    const bytes = layers.get(diffID)?.bytes
    if (bytes?.kind === 'snapshot') holders.add(bytes.chainID)
  }
  return { blobs, layers: diffIDs, imageLayers, holders, imageChains: chains }
}

interface KnownImage {
  readonly diffIDs: readonly Digest[]
  readonly blobs: readonly Digest[]
}

function readImage(image: StoredImage): KnownImage {
  try {
    const { manifestDigest, imageID, manifest, config } = image
    const blobs = [manifestDigest, imageID, ...manifest.layers.map((layer) => layer.digest)]
    return { diffIDs: config.rootfs.diff_ids, blobs }
  } catch (cause) {
    throw damagedImage(image, cause)
  }
}

/** What a container needs to be made an image of, also when its image was removed. */
function readContainer({ manifestDigest, imageID, manifest, config, layer }: Container): KnownImage {
  const blobs = [manifestDigest, imageID, ...manifest.layers.map(({ digest }) => digest)]
  return { diffIDs: [...config.rootfs.diff_ids, ...(layer === undefined ? [] : [layer])], blobs }
}

/** The error for an image whose manifest or config cannot be read, with the ways out; one that is that already stays. */
export function damagedImage({ manifestDigest, names }: StoredImage, cause: unknown): unknown {
  if (!isIbuildError(cause, 'STORE_INVALID', 'MANIFEST_INVALID', 'CONFIG_INVALID', 'JSON_INVALID')) return cause
  const start = `image ${manifestDigest}`
  if (cause.message.startsWith(start)) return cause
  const called = names.length === 0 ? '' : ` (${names.join(', ')})`
  return new IbuildError('STORE_INVALID', `${start}${called} is damaged: ${cause.message}`, {
    cause,
    hint: `Build or load it again, or remove it with ibuild rmi ${names[0] ?? manifestDigest}`,
  })
}
