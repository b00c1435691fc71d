import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import type { Container, LayerStore, StoredImage } from './types.ts'

/** What images, containers and cache records lead to. */
export interface Reachable {
  readonly blobs: ReadonlySet<Digest>
  /** diffIDs. */
  readonly layers: ReadonlySet<Digest>
  /** diffIDs that images and containers have. */
  readonly imageLayers: ReadonlySet<Digest>
  /** chainIDs of snapshots that hold the only copy of a layer that is reached. */
  readonly holders: ReadonlySet<Digest>
  /** chainIDs of the stacks of images and containers. */
  readonly imageChains: ReadonlySet<Digest>
}

interface Roots {
  readonly images: readonly StoredImage[]
  readonly containers: readonly Container[]
  /** Layers that cache records name. */
  readonly cached: readonly Digest[]
  readonly layers: LayerStore
}

/** Reads every image and container. One that is damaged is an error (STORE_INVALID), not garbage: what it needs is not known. */
export function findReachable({ images, containers, cached, layers }: Roots): Reachable {
  const known = [...images.map(readImage), ...containers.map(readContainer)]
  const stacks = known.map(({ diffIDs }) => diffIDs)
  const imageLayers = new Set(stacks.flat())
  const diffIDs = new Set([...imageLayers, ...cached])
  const holders = [...diffIDs].flatMap((diffID) => {
    const bytes = layers.get(diffID)?.bytes
    return bytes?.kind === 'snapshot' ? [bytes.chainID] : []
  })
  return {
    blobs: new Set(known.flatMap(({ blobs }) => blobs)),
    layers: diffIDs,
    imageLayers,
    holders: new Set(holders),
    imageChains: new Set(stacks.flatMap((stack) => chainIDs(stack))),
  }
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

/** The error for an image whose manifest or config cannot be read, with the ways out. */
export function damagedImage({ manifestDigest, names }: StoredImage, cause: unknown): unknown {
  if (!isIbuildError(cause, 'STORE_INVALID', 'MANIFEST_INVALID', 'CONFIG_INVALID', 'JSON_INVALID')) return cause
  const called = names.length === 0 ? '' : ` (${names.join(', ')})`
  return new IbuildError('STORE_INVALID', `image ${manifestDigest}${called} is damaged: ${cause.message}`, {
    cause,
    hint: `Build or load it again, or remove it with ibuild rmi ${names[0] ?? manifestDigest}`,
  })
}
