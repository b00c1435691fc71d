import { damagedImage } from '../../builder/store/reachable.ts'
import type { RecordUse, StoredImage } from '../../builder/store/types.ts'
import type { ItemFacts, Wants } from '../../retention/facts.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { createdTime } from '../../shared/oci/created-time.ts'
import { guardsOfStored, type StoreImageItem, type StoreLook } from './store-inventory-look.ts'

/** When a tag came to lead to the image; of an image without one when it came into the store. Errors: STORE_INVALID for one that is damaged. */
export function storedFacts(look: StoreLook, item: StoreImageItem, wants: Wants): ItemFacts {
  const { kind, repository, name, image, fullName } = item
  const setAt = fullName === undefined ? undefined : look.store.tags.setAt(fullName)
  return {
    kind,
    repository,
    name,
    digest: image.manifestDigest,
    pushedAt: Math.ceil(setAt ?? image.storedAt), // files have parts of milliseconds
    guards: guardsOfStored(look, image),
    ...documentsOf(image, wants),
  }
}

function documentsOf(image: StoredImage, wants: Wants): Pick<ItemFacts, 'size' | 'createdAt' | 'labels'> {
  try {
    const { manifest, manifestBytes, configBytes } = image
    const size = manifest.layers.reduce((sum, layer) => sum + layer.size, manifestBytes.length + configBytes.length)
    if (!wants.created && !wants.labels) return { size }
    const { created, config } = image.config
    return {
      size,
      createdAt: wants.created ? createdTime(Date.parse(created ?? '')) : undefined,
      labels: wants.labels ? { ...config?.Labels, ...manifest.annotations } : undefined,
    }
  } catch (error) {
    throw damagedImage(image, error)
  }
}

/** A record and the layer that it leads to, whoever else has that. Undefined when it went since the look. */
export function recordFacts({ store }: StoreLook, { key, bytes, usedAt, diffID }: RecordUse): ItemFacts | undefined {
  const found = store.records.peek(key)
  if (found === undefined) return undefined
  const layer = diffID === undefined ? undefined : store.layers.get(diffID)
  return {
    kind: 'cache',
    repository: '',
    name: key,
    digest: key,
    size: bytes + (layer === undefined || layer.bytes.kind === 'remote' ? 0 : layer.size),
    pushedAt: Math.ceil(found.record.created),
    pulledAt: Math.ceil(usedAt),
    guards: [],
  }
}

/** Of all that decides but uses: names, what they lead to, containers, which records there are. */
export function storeRevision({ store, items, containers }: StoreLook): string {
  const parts = [
    [...items].map(([key, { image, fullName }]) => [
      key,
      image.manifestDigest,
      fullName === undefined ? 0 : (store.tags.setAt(fullName) ?? 0),
    ]),
    containers.map(({ name, manifestDigest }) => [name, manifestDigest]),
    store.records.list(),
  ]
  return digestOf(JSON.stringify(parts.map((part) => part.map((one) => JSON.stringify(one)).sort())))
}
