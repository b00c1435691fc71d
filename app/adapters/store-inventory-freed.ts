import { readStacks } from '../../builder/store/reachable.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import type { ItemName } from '../../retention/facts.ts'
import type { Freed } from '../../retention/ports.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { shortName } from '../../shared/base/reference.ts'
import { keyOf } from './inventory-pages.ts'
import type { StoreLook } from './store-inventory-look.ts'

/** Names that are told of what stays. */
const mostTold = 10

/** Layers and documents as they are on the disk, each once; compressed and extracted copies, which go with them, are not counted. */
export function storeFreedBy(look: StoreLook, names: readonly ItemName[]): Freed {
  const keys = new Set(names.map(keyOf))
  const { going, staying } = splitImages(look, keys)
  const records = splitRecords(look, keys)
  const gone = readStacks({ images: going })
  const kept = readStacks({ images: staying, containers: look.containers })
  const layers = new Set([...gone.layers, ...records.going])
  const isLayerKept = (diffID: Digest): boolean => kept.layers.has(diffID) || records.staying.has(diffID)
  const shared = sum(look.store, [...layers].filter(isLayerKept))
  const bytes = sum(
    look.store,
    [...layers].filter((diffID) => !isLayerKept(diffID)),
  )
  const documents = [...gone.blobs].filter((digest) => !kept.blobs.has(digest) && !layers.has(digest))
  const blobs = documents.reduce((total, digest) => total + (look.store.blobs.stat(digest)?.size ?? 0), 0)
  return { bytes: bytes + blobs + records.bytes, shared, sharedWith: sharers(staying, layers, records.staying) }
}

/** An image goes with the last of its names. */
function splitImages(
  { images, items }: StoreLook,
  keys: ReadonlySet<string>,
): { readonly going: readonly StoredImage[]; readonly staying: readonly StoredImage[] } {
  const kept = new Set([...items].flatMap(([key, { image }]) => (keys.has(key) ? [] : [image])))
  return { going: images.filter((image) => !kept.has(image)), staying: [...kept] }
}

interface SplitRecords {
  /** Layers of records. */
  readonly going: ReadonlySet<Digest>
  readonly staying: ReadonlySet<Digest>
  /** Of the records that go, without their layers. */
  readonly bytes: number
}

function splitRecords(look: StoreLook, keys: ReadonlySet<string>): SplitRecords {
  const split = { going: new Set<Digest>(), staying: new Set<Digest>(), bytes: 0 }
  for (const { key, diffID, bytes } of look.records().values()) {
    const goes = keys.has(keyOf({ kind: 'cache', repository: '', name: key }))
    if (goes) split.bytes += bytes
    if (diffID !== undefined) (goes ? split.going : split.staying).add(diffID)
  }
  return split
}

function sharers(
  staying: readonly StoredImage[],
  layers: ReadonlySet<Digest>,
  cached: ReadonlySet<Digest>,
): readonly string[] {
  const sharing = staying
    .filter((image) => image.config.rootfs.diff_ids.some((diffID) => layers.has(diffID)))
    .map(({ names: [name], manifestDigest }) => (name === undefined ? manifestDigest : shortName(name)))
  const cache = [...layers].some((diffID) => cached.has(diffID)) ? ['the build cache'] : []
  return [...cache, ...sharing.sort()].slice(0, mostTold)
}

/** Of a layer that is elsewhere only its index is here. */
function sum({ layers }: Store, diffIDs: readonly Digest[]): number {
  return diffIDs.reduce((total, diffID) => {
    const layer = layers.get(diffID)
    return total + (layer === undefined || layer.bytes.kind === 'remote' ? 0 : layer.size)
  }, 0)
}
