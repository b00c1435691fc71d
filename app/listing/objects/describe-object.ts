import { maxDocumentBytes } from '../../../builder/store/image-entry.ts'
import type { Container, Store, UsedRecord } from '../../../builder/store/types.ts'
import type { Digest } from '../../../shared/base/digest.ts'
import { type JsonValue, parseJson } from '../../../shared/base/json.ts'
import { describeImage } from './describe-image.ts'
import { describeLayer } from './describe-layer.ts'
import { callImage, stacksIn } from './stacks.ts'
import type { StoreObject } from './types.ts'

/** What `ibuild inspect` shows of an object: plain data, its type first. */
export function describeObject(store: Store, object: StoreObject): object {
  switch (object.type) {
    case 'image':
      return describeImage(store, object.image)
    case 'container':
      return describeContainer(store, object.container)
    case 'layer':
      return describeLayer(store, object.layer)
    case 'snapshot':
      return describeSnapshot(store, object.chainID)
    case 'record':
      return describeRecord(store, object.record)
    case 'blob':
      return describeBlob(store, object.digest)
  }
}

function describeContainer(store: Store, container: Container): object {
  const { name, manifestDigest, imageID, layer, command, exitCode, created, config } = container
  return {
    type: 'container',
    name,
    image: { id: imageID, digest: manifestDigest, names: store.images.get(manifestDigest)?.names ?? [] },
    created: new Date(created).toISOString(),
    command,
    exitCode,
    layer: layer ?? null,
    size: layer === undefined ? 0 : (store.layers.get(layer)?.size ?? null),
    config,
  }
}

/** A stack of layers, which may be extracted or not. */
function describeSnapshot(store: Store, chainID: Digest): object {
  const stacks = stacksIn(store).filter((stack) => stack.chainIDs.includes(chainID))
  const [first] = stacks
  return {
    type: 'snapshot',
    chainID,
    dir: store.snapshots.get(chainID)?.dir ?? null,
    layers: first === undefined ? null : first.diffIDs.slice(0, first.chainIDs.indexOf(chainID) + 1),
    images: stacks.flatMap(({ image }) => (image === undefined ? [] : [callImage(image)])),
    containers: stacks.flatMap(({ container }) => container ?? []),
  }
}

function describeRecord(store: Store, { key, record, usedAt, bytes }: UsedRecord): object {
  const { step, parts, diffID, created, extra } = record
  return {
    type: 'record',
    key,
    step,
    created: new Date(created).toISOString(),
    lastUsed: new Date(usedAt).toISOString(),
    layer: diffID ?? null,
    layerStored: diffID !== undefined && store.layers.get(diffID) !== undefined,
    bytes,
    parts,
    ...(extra !== undefined && { extra }),
  }
}

/** Manifests and configs are shown whole. Errors: STORE_INVALID when one is damaged. */
function describeBlob(store: Store, digest: Digest): object {
  const roles = rolesOf(store, digest)
  const isDocument = roles.some(({ role }) => role === 'manifest' || role === 'config')
  return {
    type: 'blob',
    digest,
    size: store.blobs.stat(digest)?.size ?? null,
    file: store.blobs.path(digest),
    roles,
    ...(isDocument && { document: documentOf(store, digest) }),
  }
}

interface Role {
  readonly role: 'manifest' | 'config' | 'layer' | 'compressed layer'
  /** Of which layer the blob holds the bytes. */
  readonly diffID?: Digest
  readonly image?: object
  readonly format?: string
  readonly level?: number
}

function rolesOf(store: Store, digest: Digest): Role[] {
  const images = store.images.list().flatMap((image): Role[] => {
    if (image.manifestDigest === digest) return [{ role: 'manifest', image: callImage(image) }]
    return image.imageID === digest ? [{ role: 'config', image: callImage(image) }] : []
  })
  const layers: Role[] = store.layers.get(digest) === undefined ? [] : [{ role: 'layer', diffID: digest }]
  const copies = store.compressed.list().filter((entry) => entry.digest === digest)
  return [
    ...images,
    ...layers,
    ...copies.map(({ diffID, format, level }): Role => ({ role: 'compressed layer', diffID, format, level })),
  ]
}

function documentOf(store: Store, digest: Digest): JsonValue {
  return parseJson(store.blobs.readVerified(digest, maxDocumentBytes), { what: `blob ${digest}` })
}
