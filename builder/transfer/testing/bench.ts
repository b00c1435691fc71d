import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import { parseJson } from '../../../shared/base/json.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { parseManifest, serializeManifest } from '../../../shared/oci/manifest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { hostPlatform } from '../../../shared/oci/platform.ts'
import { layerTar } from '../../export/layer-tar.ts'
import { writeLayer } from '../../layers/layer-writer.ts'
import { blankEntry } from '../../layers/testing/entries.ts'
import type { FetchOptions, Publisher, PublishTarget, RemoteImage, RepositoryName } from '../../ports.ts'
import { localManifest } from '../../store/local-manifest.ts'
import { storeFor } from '../../store/testing/fixture.ts'
import type { Store, StoredImage } from '../../store/types.ts'
import type { TransferEvent } from '../../transfer-events.ts'
import type { PublishImageOptions } from '../publish-image.ts'

async function addLayer(store: Store, name: string): Promise<Digest> {
  const folder = await store.temp('test')
  const tarFile = join(folder.dir, 'tar')
  const content = Buffer.from(name.repeat(5000))
  const members = [{ entry: blankEntry(name, 'file', { size: content.length }), content }]
  const { diffID, size, entries } = await writeLayer(members, tarFile, { sync: false })
  await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
  await folder.release()
  return diffID
}

/** An image of one layer for each name, with a file of that name. */
export async function addImage(store: Store, ...names: readonly string[]): Promise<StoredImage> {
  const diffIDs: Digest[] = []
  for (const name of names) diffIDs.push(await addLayer(store, name))
  const config = { ...hostPlatform(), rootfs: { type: 'layers', diff_ids: diffIDs } } as const
  const bytes = Buffer.from(JSON.stringify(config))
  return store.images.put(localManifest(store, config, bytes), bytes)
}

/** Where images go. */
export const to = { domain: 'reg:5000', path: 'team/app' }

/** A registry with nothing between it and what it holds, such as the one in memory. */
interface OpenRegistry extends Publisher {
  repository(name: RepositoryName): OpenRepository
}

interface OpenRepository extends PublishTarget {
  readonly blobs: Map<Digest, Uint8Array>
  readonly manifests: Map<Digest, { readonly mediaType: string; readonly digest: Digest; readonly bytes: Uint8Array }>
  readonly tagged: Map<string, Digest>
  blob(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array>
}

/** A store, a registry and what was told of transfers between them. */
export interface Bench<Registry> {
  readonly store: Store
  readonly registry: Registry
  readonly events: TransferEvent[]
  readonly options: PublishImageOptions
}

export function benchFor<Registry extends OpenRegistry>(t: ExecutionContext, registry: Registry): Bench<Registry> {
  const events: TransferEvent[] = []
  const options = { publisher: registry, emit: (event: TransferEvent) => events.push(event) }
  return { store: storeFor(t), registry, events, options }
}

/** What transfers came to, sorted. */
export const results = (events: readonly TransferEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'transfer-done' ? [event.result] : [])).sort()

/** What an adapter would find. */
export function remoteOf(registry: OpenRegistry, tag = 'latest', place = to): RemoteImage {
  const repository = registry.repository(place)
  const manifest = repository.manifests.get(repository.tagged.get(tag) ?? digestOf(''))
  if (manifest === undefined) throw new Error(`no ${tag}`)
  const { config } = parseManifest(parseJson(manifest.bytes, { what: 'manifest' }))
  return {
    reference: { ...place, tag, digest: manifest.digest },
    descriptor: { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength },
    manifest: manifest.bytes,
    config: repository.blobs.get(config.digest) ?? new Uint8Array(),
    document: async () => undefined,
    content: (descriptor, options) => repository.blob(descriptor, options),
  }
}

/** The bytes of a layer. */
export async function tarOf(store: Store, diffID: Digest): Promise<Buffer> {
  const layer = store.layers.get(diffID)
  if (layer === undefined) throw new Error('no layer')
  const pieces: Uint8Array[] = []
  for await (const piece of layerTar(layer)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** What they are called. */
export const name = 'reg:5000/team/app:latest'

/** An image of another tool in a registry: one layer of these bytes under a config with this diffID. */
export function otherImage(
  registry: OpenRegistry,
  layer: Buffer,
  { diffID = digestOf(layer), mediaType = mediaTypes.ociLayer }: { diffID?: Digest; mediaType?: string } = {},
) {
  const repository = registry.repository(to)
  const config = Buffer.from(JSON.stringify({ ...hostPlatform(), rootfs: { type: 'layers', diff_ids: [diffID] } }))
  const describe = (type: string, bytes: Buffer) => ({ mediaType: type, digest: digestOf(bytes), size: bytes.length })
  const bytes = serializeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: describe(mediaTypes.ociConfig, config),
    layers: [describe(mediaType, layer)],
  })
  repository.blobs.set(digestOf(config), config)
  repository.blobs.set(digestOf(layer), layer)
  repository.manifests.set(digestOf(bytes), { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes })
  repository.tagged.set('latest', digestOf(bytes))
}
