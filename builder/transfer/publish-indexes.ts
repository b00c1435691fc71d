import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { onePiece } from '../../shared/base/one-piece.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { indexTypes, listAnnotations } from '../../shared/oci/layer-indexes.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { PublishTarget, RepositoryName } from '../ports.ts'
import type { Store } from '../store/types.ts'
import { diffIDAnnotation, type ListedLayer, mostIndexBytes, mostListBytes, serializeList } from './index-list.ts'
import { publishIndex } from './publish-index.ts'

/** The layer indexes of an image that a repository has now. */
export interface PublishedIndexes {
  /** Belong into the manifest of the image: they name the indexes. */
  readonly annotations: ReadonlyMap<string, string>
  /** Puts them beside the manifest, once the repository has that: so they stay as long as the image does. */
  attach(image: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>): Promise<void>
}

export interface PublishIndexesOptions {
  readonly to: RepositoryName
  readonly target: PublishTarget
  /** True when no repository is known to have the list. */
  readonly isNew?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Layers at a time. */
const atOnce = 4

/**
 * Sends the indexes of an image's layers, each once: what the repository has, or another one of its host, is not sent again.
 * Undefined when they are too large to be published. Errors: those of the registry, LAYER_INVALID, INDEX_INVALID.
 */
export async function publishIndexes(
  store: Store,
  diffIDs: readonly Digest[],
  options: PublishIndexesOptions,
): Promise<PublishedIndexes | undefined> {
  const { target, isNew = false, signal } = options
  const folder = await store.temp('indexes')
  try {
    const layers = await inParallel([...new Set(diffIDs)], { atOnce, signal }, async (diffID, stop) =>
      publishIndex(store, diffID, { ...options, signal: stop, folder: folder.dir }),
    )
    const list = serializeList(layers)
    if (list.length > mostListBytes || layers.some(({ index }) => index.size > mostIndexBytes)) return undefined
    const config = { mediaType: indexTypes.list, digest: digestOf(list), size: list.length }
    await target.pushBlob(config, () => onePiece(list), { signal, isMissing: isNew })
    return {
      annotations: new Map([
        [listAnnotations.digest, config.digest],
        [listAnnotations.size, String(config.size)],
      ]),
      attach: async (image) => attach(target, { image, config, layers }, signal),
    }
  } finally {
    await folder.release()
  }
}

interface Attached {
  readonly image: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
  readonly config: Descriptor
  readonly layers: readonly ListedLayer[]
}

async function attach(
  target: PublishTarget,
  { image: { mediaType, digest, size }, config, layers }: Attached,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = serializeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: indexTypes.artifact,
    config,
    layers: layers.map(({ diffID, blob }) => ({ ...blob, annotations: { [diffIDAnnotation]: diffID } })),
    subject: { mediaType, digest, size },
  })
  const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes }
  await target.putManifest(manifest.digest, manifest, { signal })
}
