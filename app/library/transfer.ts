import { checkOptions } from '../../builder/check-options.ts'
import { findImage } from '../../builder/find-image.ts'
import type { AskedCompression } from '../../builder/layers/compress/choice.ts'
import { guarded } from '../../builder/listeners.ts'
import type { EmitEvent } from '../../builder/solve/events.ts'
import type { MaxLayers } from '../../builder/squash/layer-limit.ts'
import { openStore } from '../../builder/store/open.ts'
import type { ManifestFormat } from '../../builder/transfer/image-manifest.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { parseReference, shortName, withDefaultTag } from '../../shared/base/reference.ts'
import { parsePlatform } from '../../shared/oci/platform.ts'
import { detailsOf, type Image } from './image.ts'
import type { AbortOptions, ImageOptions, StoreOptions, VerifyOptions } from './options.ts'
import { type RegistryOptions, withClient } from './registries.ts'

/** What work with a registry has in common. */
export interface TransferOptions extends AbortOptions {
  readonly registries?: RegistryOptions
  /** How many blobs move at a time. */
  readonly parallel?: number
  /** Is told what goes on; when it throws, the work stops and rejects with that. */
  readonly emit?: EmitEvent
}

/** What `pullImage` brings in. */
export interface PullImageOptions extends StoreOptions, TransferOptions, VerifyOptions {
  /** In docker's grammar: `registry.example.com/team/app:1`, also with a digest. */
  readonly name: string
  /** `os/architecture[/variant]`; this machine's unless told otherwise. */
  readonly platform?: string
  /** Merges neighbouring layers of an image that has more. */
  readonly maxLayers?: MaxLayers
}

/** An image that was pulled. */
export interface PulledImage extends Image {
  /** The name that means it now, as people write it. */
  readonly name: string
  /** Of what the name means in the registry: a manifest, or an index. */
  readonly digest: Digest | undefined
  /** False when the name meant this image before. */
  readonly isNew: boolean
}

/**
 * Brings an image of a registry into the store. Layers that the store has are not fetched; every byte is checked. Errors:
 * `REFERENCE_INVALID`, `REGISTRY_NOT_FOUND`, `REGISTRY_DENIED`, `REGISTRY_UNREACHABLE`, `REGISTRY_FAILED`,
 * `REGISTRY_ANSWER_INVALID`, `PLATFORM_NOT_FOUND`, `NOT_AN_IMAGE`, `MANIFEST_INVALID`, `CONFIG_INVALID`, `LAYER_LIMIT`,
 * `DIGEST_MISMATCH`, `ARCHIVE_INVALID`, `ARCHIVE_UNSAFE`, `DISK_FULL`, `CANCELLED`; with a verifier `TRUST_*`.
 */
export async function pullImage(options: PullImageOptions): Promise<PulledImage> {
  const { root, name, platform, maxLayers, registries, parallel, emit, verifier } = checkOptions('pullImage', options, [
    'root',
    'name',
  ])
  const reference = withDefaultTag(parseReference(name))
  return guarded(options.signal, async ({ signal, listen }) =>
    withClient(registries, async (client) => {
      const { pullFrom } = await import('../transfer/pull.ts')
      const asked = platform === undefined ? undefined : parsePlatform(platform)
      const scope = { client, signal, emit: listen(emit), platform: asked, maxLayers, atOnce: parallel, verifier }
      const { image, ...pulled } = await pullFrom(openStore(root), reference, scope)
      return { ...detailsOf(image), ...pulled, name: shortName(pulled.name) }
    }),
  )
}

/** What `pushImage` sends. */
export interface PushImageOptions extends ImageOptions, TransferOptions {
  /** Where it goes, in docker's grammar; the name by which the image is given unless told otherwise. */
  readonly name?: string
  /** Without it a layer is left as registries have it already; one that has to be compressed becomes gzip. */
  readonly compression?: AskedCompression
  /** Media types of the manifest; as it was pulled, else `oci`. */
  readonly format?: ManifestFormat
  /** Annotations of the manifest, beside those that the image has. */
  readonly annotations?: ReadonlyMap<string, string>
  /** False: the indexes of its layers are not published beside it. */
  readonly layerIndexes?: boolean
}

/** An image as a registry has it now. */
export interface PushedImage {
  /** Full. */
  readonly name: string
  /** Of the manifest. */
  readonly digest: Digest
  /** Bytes of the manifest. */
  readonly size: number
}

/**
 * Sends an image of the store to a registry. Layers that the registry has are neither sent nor compressed again. Errors:
 * `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `REGISTRY_DENIED`, `REGISTRY_UNREACHABLE`, `REGISTRY_FAILED`, `REGISTRY_REFUSED`,
 * `REGISTRY_ANSWER_INVALID`, `LAYER_INVALID`, `LAYER_NOT_HERE`, `DIGEST_MISMATCH`, `CANCELLED`; `USAGE` for a name with a
 * digest.
 */
export async function pushImage(options: PushImageOptions): Promise<PushedImage> {
  const { root, image, name = image, registries, emit, ...more } = checkOptions('pushImage', options, ['root', 'image'])
  const to = withDefaultTag(parseReference(name))
  return guarded(options.signal, async ({ signal, listen }) =>
    withClient(registries, async (client) => {
      const { pushTo } = await import('../transfer/push.ts')
      const { compression, format, annotations, layerIndexes: indexes, parallel: atOnce } = more
      const settings = { compression, format, annotations, indexes, atOnce }
      const store = openStore(root)
      const found = findImage(store, image)
      const { tag: _, ...pushed } = await pushTo(
        store,
        { image: found, to },
        { ...settings, client, signal, emit: listen(emit) },
      )
      return pushed
    }),
  )
}

/** What `copyImage` copies. */
export interface CopyImageOptions extends TransferOptions, VerifyOptions {
  /** In docker's grammar, with a tag or a digest. */
  readonly from: string
  /** Without a tag it gets that of the source. */
  readonly to: string
  /** Of an index only the image for `os/architecture[/variant]`; all that it names unless told otherwise. */
  readonly platform?: string
  /** Signatures and whatever else refers to it, too. */
  readonly referrers?: boolean
  /** False leaves the published layer indexes of images behind, which otherwise come with them. */
  readonly layerIndexes?: boolean
}

/** What a registry has after a copy. */
export interface CopiedImage {
  /** Full. */
  readonly name: string
  /** Of a manifest, or an index. */
  readonly digest: Digest
  readonly mediaType: string
  /** All that were looked at, with those that were there already. */
  readonly manifests: number
  /** Bytes of blobs that were sent through this process. */
  readonly bytes: number
}

/**
 * Copies from registry to registry, byte for byte, without storing anything here. Errors: `REFERENCE_INVALID`,
 * `REGISTRY_NOT_FOUND`, `REGISTRY_DENIED`, `REGISTRY_UNREACHABLE`, `REGISTRY_FAILED`, `REGISTRY_REFUSED`,
 * `REGISTRY_ANSWER_INVALID`, `PLATFORM_NOT_FOUND`, `MANIFEST_INVALID`, `DIGEST_MISMATCH`, `CANCELLED`.
 */
export async function copyImage(options: CopyImageOptions): Promise<CopiedImage> {
  const { from, to, platform, referrers, layerIndexes, parallel, registries, emit, verifier } = checkOptions(
    'copyImage',
    options,
    ['from', 'to'],
  )
  const [source, target] = [parseReference(from), parseReference(to)]
  return guarded(options.signal, async ({ signal, listen }) =>
    withClient(registries, async (client) => {
      const { copyTo } = await import('../transfer/copy.ts')
      const asked = platform === undefined ? undefined : parsePlatform(platform)
      return copyTo(source, target, {
        client,
        signal,
        verifier,
        emit: listen(emit),
        platform: asked,
        referrers,
        layerIndexes,
        atOnce: parallel,
      })
    }),
  )
}
