import { recordUses, usedWithLayer } from '../../builder/store/record-uses.ts'
import type { Container, RecordUse, Store, StoredImage } from '../../builder/store/types.ts'
import type { Guard, ItemName } from '../../retention/facts.ts'
import { familiarName, parseReference } from '../../shared/base/reference.ts'
import { keyOf } from './inventory-pages.ts'

/** What the builder's data folder had at one moment. */
export interface StoreLook {
  readonly store: Store
  readonly images: readonly StoredImage[]
  readonly containers: readonly Container[]
  /** Items of images by their keys. */
  readonly items: ReadonlyMap<string, StoreImageItem>
  /** Records of the build cache by their keys; read when first asked for. */
  readonly records: () => ReadonlyMap<string, RecordUse>
}

/** An image under one of its tags, or under the digest it was pulled by, or under none of both. */
export interface StoreImageItem extends ItemName {
  readonly image: StoredImage
  /** As the store knows it; undefined for an image that has no name. */
  readonly fullName: string | undefined
}

/** Errors: STORE_INVALID when a container is damaged: what it needs is not known. */
export function lookAtStore(store: Store): StoreLook {
  const images = store.images.list()
  let records: ReadonlyMap<string, RecordUse> | undefined
  return {
    store,
    images,
    containers: store.containers.list(),
    items: new Map(images.flatMap(itemsOf).map((item) => [keyOf(item), item])),
    records: () => (records ??= readRecords(store)),
  }
}

function readRecords({ records }: Store): ReadonlyMap<string, RecordUse> {
  return new Map(usedWithLayer(recordUses(records).readable).map((use) => [use.key, use]))
}

/** Names by digest count only where there is no tag, as Docker does. */
function itemsOf(image: StoredImage): readonly StoreImageItem[] {
  const names = image.names.map((fullName) => ({ fullName, ...parseReference(fullName) }))
  const named = names.map(({ fullName, domain, path, tag, digest }): StoreImageItem => {
    const repository = familiarName({ domain, path })
    const kind = digest === undefined ? 'tag' : 'untagged'
    return { kind, repository, name: digest ?? tag ?? '', image, fullName }
  })
  const tags = named.filter(({ kind }) => kind === 'tag')
  if (tags.length > 0) return tags
  if (named.length > 0) return named
  return [{ kind: 'untagged', repository: '<none>', name: image.manifestDigest, image, fullName: undefined }]
}

/** The containers that are made from an image. */
export function guardsOfStored({ containers }: StoreLook, { manifestDigest }: StoredImage): readonly Guard[] {
  return containers
    .filter((container) => container.manifestDigest === manifestDigest)
    .map(({ name }) => ({ kind: 'in-use', about: `container ${name} is made from it` }))
}
