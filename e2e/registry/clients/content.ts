import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithmOf, type Digest, digestOf, hexOf, parseDigest } from '../../../shared/base/digest.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { isIndexType, isManifestType } from '../../../shared/oci/media-types.ts'
import { manifestAccept } from '../conformance/scene.ts'
import { Wire } from '../conformance/wire.ts'

/** All that an image consists of, by digest: the manifest or index, and everything below it. Each digest was verified. */
export interface Content {
  readonly digest: Digest
  readonly mediaType: string
  readonly blobs: ReadonlyMap<Digest, Buffer>
}

/** What a manifest or index is made of. */
interface Document {
  readonly mediaType?: string
  readonly manifests?: readonly Descriptor[]
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
}

type Fetch = (descriptor: Pick<Descriptor, 'digest' | 'mediaType'>) => Promise<Buffer>

/** What a registry serves under a tag or digest, read over plain HTTP. */
export async function contentOf(host: string, repository: string, ref: string): Promise<Content> {
  const wire = new Wire(`http://${host}`)
  const get = async (path: string): Promise<{ body: Buffer; digest: string; type: string }> => {
    const answer = await wire.ask('GET', `/v2/${repository}/${path}`, { headers: { Accept: manifestAccept } })
    if (answer.status !== 200) throw new Error(`${answer.to}: ${answer.status} ${answer.body.toString().slice(0, 200)}`)
    return {
      body: answer.body,
      digest: answer.header('docker-content-digest') ?? '',
      type: answer.header('content-type') ?? '',
    }
  }
  try {
    const top = await get(`manifests/${ref}`)
    const root = { digest: parseDigest(top.digest), mediaType: top.type }
    const blobs = await collect(root, async ({ digest, mediaType }) => {
      const kind = isManifestType(mediaType) || isIndexType(mediaType) ? 'manifests' : 'blobs'
      return (await get(`${kind}/${digest}`)).body
    })
    return { ...root, blobs }
  } finally {
    wire.close()
  }
}

/** What an OCI layout has under a tag. */
export async function contentOfLayout(folder: string, tag: string): Promise<Content> {
  const { manifests = [] } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Document
  const found = manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag)
  const root = found ?? (manifests.length === 1 ? manifests[0] : undefined)
  if (root === undefined) throw new Error(`no ${tag} in ${folder}`)
  const read: Fetch = ({ digest }) =>
    Promise.resolve(readFileSync(join(folder, 'blobs', algorithmOf(digest), hexOf(digest))))
  return { digest: root.digest, mediaType: root.mediaType, blobs: await collect(root, read) }
}

async function collect(root: Pick<Descriptor, 'digest' | 'mediaType'>, fetch: Fetch): Promise<Map<Digest, Buffer>> {
  const blobs = new Map<Digest, Buffer>()
  const left = [root]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (blobs.has(next.digest)) continue
    const bytes = await fetch(next)
    const digest = digestOf(bytes, algorithmOf(next.digest))
    if (digest !== next.digest) throw new Error(`${next.digest} has bytes of ${digest}`)
    blobs.set(next.digest, bytes)
    if (isManifestType(next.mediaType) || isIndexType(next.mediaType)) left.push(...below(bytes))
  }
  return blobs
}

function below(bytes: Buffer): Descriptor[] {
  const { manifests = [], config, layers = [] } = JSON.parse(bytes.toString()) as Document
  return [...manifests, ...(config === undefined ? [] : [config]), ...layers]
}

/** What two contents have in common, ready to be compared: every digest was verified, so these stand for the bytes. */
export function told({ digest, mediaType, blobs }: Content): object {
  return { digest, mediaType, blobs: [...blobs.keys()].sort() }
}

/** The image config, parsed, of a content that is one image. */
export function configOf({ digest, blobs }: Content): {
  readonly bytes: Buffer
  readonly digest: Digest
  readonly diffIds: readonly string[]
} {
  const { config } = JSON.parse(blobs.get(digest)?.toString() ?? '{}') as Document
  const bytes = config === undefined ? undefined : blobs.get(config.digest)
  if (config === undefined || bytes === undefined) throw new Error(`${digest} is no image`)
  const { rootfs } = JSON.parse(bytes.toString()) as { rootfs: { diff_ids: string[] } }
  return { bytes, digest: config.digest, diffIds: rootfs.diff_ids }
}

/** The layers of an image, in order. */
export function layersOf({ digest, blobs }: Content): readonly (Descriptor & { readonly bytes: Buffer })[] {
  const { layers = [] } = JSON.parse(blobs.get(digest)?.toString() ?? '{}') as Document
  return layers.map((layer) => ({ ...layer, bytes: blobs.get(layer.digest) ?? Buffer.alloc(0) }))
}
