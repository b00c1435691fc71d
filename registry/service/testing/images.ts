import { type Digest, type DigestAlgorithm, digestOf } from '../../../shared/base/digest.ts'
import { onePiece } from '../../../shared/base/one-piece.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { parseName, type RepositoryName } from '../../protocol/names.ts'
import type { PushedManifest, RegistryService } from '../types.ts'

/** A manifest that is not pushed yet, and the blobs that it names. */
export interface Artifact {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
  readonly blobs: readonly Buffer[]
}

export const named: (text: string) => RepositoryName = parseName

/** A document as a manifest of that type; its `mediaType` is that unless the document says another. */
export function artifactOf(document: object, blobs: readonly Buffer[] = []): Artifact {
  const mediaType = 'mediaType' in document ? String(document.mediaType) : mediaTypes.ociManifest
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }))
  return { digest: digestOf(bytes), mediaType, bytes, blobs }
}

/** An image whose config and one layer are made of the text; `more` are further members of the manifest. */
export function imageOf(text: string, more: object = {}): Artifact {
  const [config, layer] = [Buffer.from(JSON.stringify({ config: text })), Buffer.from(`layer of ${text}`)]
  const document = {
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.ociLayer, digest: digestOf(layer), size: layer.length }],
    ...more,
  }
  return artifactOf(document, [config, layer])
}

export function indexOf(children: readonly Artifact[], more: object = {}): Artifact {
  const manifests = children.map(({ digest, mediaType, bytes }) => ({ mediaType, digest, size: bytes.length }))
  return artifactOf({ mediaType: mediaTypes.ociIndex, manifests, ...more })
}

export function subjectOf({ digest, mediaType, bytes }: Artifact): { readonly subject: object } {
  return { subject: { mediaType, digest, size: bytes.length } }
}

export function pushed({ bytes, mediaType }: Artifact, tags: readonly string[] = []): PushedManifest {
  return { bytes, contentType: mediaType, tags }
}

export async function pushBlob(
  { uploads }: Pick<RegistryService, 'uploads'>,
  name: RepositoryName,
  bytes: Buffer,
  algorithm: DigestAlgorithm = 'sha256',
): Promise<Digest> {
  const digest = digestOf(bytes, algorithm)
  const { id } = await uploads.start(name, { algorithm })
  await uploads.finish(name, id, { digest, body: { bytes: onePiece(bytes), length: bytes.length } })
  return digest
}

/** Blobs, then the manifest by its digest, with tags. */
export async function pushArtifact(
  service: Pick<RegistryService, 'uploads' | 'manifests'>,
  name: RepositoryName,
  artifact: Artifact,
  tags: readonly string[] = [],
): Promise<Digest> {
  for (const blob of artifact.blobs) await pushBlob(service, name, blob)
  return (await service.manifests.put(name, { digest: artifact.digest }, pushed(artifact, tags))).digest
}
