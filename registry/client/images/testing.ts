import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { indexTypes, listAnnotations } from '../../../shared/oci/layer-indexes.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import type { RemoteManifest, RemoteRepository } from '../types.ts'

/** Puts a blob into a repository of a test. */
async function putBlob(repository: RemoteRepository, text: string, mediaType: string): Promise<Descriptor> {
  const bytes = Buffer.from(text)
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length }
  await repository.pushBlob(descriptor, async function* () {
    yield bytes
  })
  return descriptor
}

/** Puts a document, and gives its descriptor. */
export async function putDocument(
  repository: RemoteRepository,
  document: { readonly mediaType: string },
  ref?: string,
): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(document, undefined, 2))
  const manifest: RemoteManifest = { mediaType: document.mediaType, digest: digestOf(bytes), bytes }
  await repository.putManifest(ref ?? manifest.digest, manifest)
  return { mediaType: document.mediaType, digest: manifest.digest, size: bytes.length }
}

export interface TestImage {
  readonly layers: readonly string[]
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
  readonly subject?: Descriptor
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Puts an image whose layers are these texts. */
export async function putImage(
  repository: RemoteRepository,
  { layers, platform = { os: 'linux', architecture: 'amd64' }, ...rest }: TestImage,
  ref?: string,
): Promise<Descriptor> {
  const described: Descriptor[] = []
  for (const text of layers) described.push(await putBlob(repository, text, mediaTypes.ociLayerGzip))
  const diffIDs = described.map(({ digest }) => digest)
  const config = JSON.stringify({ ...platform, rootfs: { type: 'layers', diff_ids: diffIDs } })
  return putDocument(
    repository,
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: await putBlob(repository, config, mediaTypes.ociConfig),
      layers: described,
      ...rest,
    } as { mediaType: string },
    ref,
  )
}

/** Puts an image, and the artifact that stands for the indexes of its layers. */
export async function putIndexedImage(
  repository: RemoteRepository,
  image: TestImage,
  ref?: string,
): Promise<{ readonly image: Descriptor; readonly artifact: Descriptor }> {
  const list = await putBlob(repository, `list of ${image.layers.join()}`, indexTypes.list)
  const index = await putBlob(repository, `index of ${image.layers.join()}`, indexTypes.index)
  const annotations = { [listAnnotations.digest]: list.digest, [listAnnotations.size]: String(list.size) }
  const subject = await putImage(repository, { ...image, annotations }, ref)
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: indexTypes.artifact }
  const parts = { config: list, layers: [index], subject }
  return { image: subject, artifact: await putDocument(repository, { ...document, ...parts }) }
}

/** Puts an index of these manifests. */
export async function putIndex(
  repository: RemoteRepository,
  manifests: readonly Descriptor[],
  ref?: string,
): Promise<Descriptor> {
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests } as { mediaType: string }
  return putDocument(repository, document, ref)
}

export async function digestAt(repository: RemoteRepository, ref: string): Promise<Digest | undefined> {
  return (await repository.resolve(ref))?.digest
}
