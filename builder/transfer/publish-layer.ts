import { setTimeout as sleep } from 'node:timers/promises'
import { type ContentTries, untilGood } from '../../shared/base/content-tries.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { Reference } from '../../shared/base/reference.ts'
import type { Slots } from '../../shared/base/slots.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { layerTar } from '../export/layer-tar.ts'
import type { CompressionChoice } from '../layers/compress/choice.ts'
import { compress } from '../layers/compress/compress.ts'
import type { PublishTarget, RemoteImages } from '../ports.ts'
import { needLayer } from '../store/open-layer.ts'
import type { Store, StoredLayer } from '../store/types.ts'
import { believableSources } from './believable-sources.ts'
import { type KnownForm, knownForms, type WantedForm } from './known-forms.ts'
import { pushedTitle } from './layer-title.ts'
import { spareBlob } from './spare-blob.ts'
import { counted, type Transfers } from './transfers.ts'

/** Where layers go and how. */
export interface PublishScope {
  readonly store: Store
  readonly to: Pick<Reference, 'domain' | 'path'>
  readonly target: PublishTarget
  readonly transfers: Transfers
  readonly wanted: WantedForm
  /** How a layer is compressed that has to be; undefined for a plain tar. */
  readonly compression: CompressionChoice | undefined
  /** Where compressing waits for its turn: one stream takes all processors, and some memory. */
  readonly compressing: Slots
  /** Where layers are read from of which only the index is here. */
  readonly images?: Pick<RemoteImages, 'content'> | undefined
  /** Is told of what is begun anew. */
  readonly onWarning?: ((warning: string) => void) | undefined
}

/** What the repository has of a layer, and what is known of it; see `LayerSource`. */
interface Published {
  readonly descriptor: Descriptor
  readonly made?: CompressionChoice | undefined
  readonly checked?: boolean | undefined
}

/**
 * Makes a layer one of a repository with as little work as can be: it is there in a form that is known, is mounted, is sent
 * as the compressed copy of the store, or is compressed while it is sent. Gives the descriptor of what is there then.
 * Errors: those of the registry, LAYER_INVALID, LAYER_NOT_HERE, DIGEST_MISMATCH.
 */
export async function publishLayer(scope: PublishScope, diffID: Digest, signal: AbortSignal): Promise<Descriptor> {
  const { store, to } = scope
  const unsent = await findForms(scope, diffID, signal)
  const published = (await spare(scope, unsent, signal)) ?? (await send(scope, unsent, signal))
  const { descriptor, made, checked } = published
  const { mediaType, digest, size } = descriptor
  await store.sources.add(diffID, {
    mediaType,
    digest,
    size,
    ...to,
    ...(made && { made }),
    ...(checked && { checked }),
  })
  return descriptor
}

interface Unsent {
  readonly layer: StoredLayer
  readonly forms: readonly KnownForm[]
}

/** A layer that is elsewhere is fetched when there is no form of it that can be named. */
async function findForms({ store, to, wanted }: PublishScope, diffID: Digest, signal: AbortSignal): Promise<Unsent> {
  const look = (layer: StoredLayer): Unsent => {
    const sources = believableSources(store.sources.get(diffID), layer.bytes.kind !== 'remote')
    return { layer, forms: knownForms(sources, to, wanted) }
  }
  const unsent = look(needLayer(store, diffID))
  if (unsent.forms.length > 0) return unsent
  const [whole = unsent.layer] = await store.fetchLayers([diffID], { signal })
  return look(whole)
}

/** A form that the repository has, or gets without bytes. */
async function spare(
  { target, transfers }: PublishScope,
  { forms, layer }: Unsent,
  signal: AbortSignal,
): Promise<Published | undefined> {
  for (const { descriptor, isKnown, mountFrom, source } of forms) {
    const result = await spareBlob(target, { digest: descriptor.digest, isKnown, mountFrom }, signal)
    if (result === undefined) continue
    transfers.spared(pushedTitle(layer), result)
    return { descriptor, made: source.made, checked: source.checked }
  }
  return undefined
}

async function send(scope: PublishScope, { layer, forms }: Unsent, signal: AbortSignal): Promise<Published> {
  const [form] = forms
  const { images, compression, store } = scope
  if (layer.bytes.kind === 'remote' && form !== undefined && images !== undefined) {
    const { descriptor, source } = form
    const { made, checked } = source
    return sendBlob(
      scope,
      { descriptor, made, checked },
      { layer, open: (tries) => images.content(source, descriptor, { signal, tries }), signal },
    )
  }
  const [whole = layer] = await store.fetchLayers([layer.diffID], { signal })
  if (compression === undefined) {
    const descriptor = { mediaType: mediaTypes.ociLayer, digest: whole.diffID, size: whole.size }
    return sendBlob(scope, { descriptor, checked: true }, { layer, open: () => layerTar(whole), signal })
  }
  return (
    (await sendCopy(scope, { layer: whole, compression }, signal)) ??
    sendStream(scope, { layer: whole, compression }, signal)
  )
}

interface Content {
  readonly layer: StoredLayer
  readonly open: (tries: ContentTries) => AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

async function sendBlob(
  { target, transfers }: PublishScope,
  published: Published,
  { layer, open, signal }: Content,
): Promise<Published> {
  const { descriptor } = published
  return transfers.during(pushedTitle(layer), descriptor.size, async (moved) => {
    const how = await untilGood((tries) =>
      target.pushBlob(descriptor, () => open(tries), { signal, onProgress: moved }),
    )
    return { value: published, result: how === 'sent' ? 'pushed' : 'already exists' }
  })
}

interface Compressed {
  readonly layer: StoredLayer
  readonly compression: CompressionChoice
}

/** The compressed copy that an archive left in the store, if there is one; a damaged one is thrown away. */
async function sendCopy(
  scope: PublishScope,
  { layer, compression }: Compressed,
  signal: AbortSignal,
): Promise<Published | undefined> {
  const { store } = scope
  const key = { diffID: layer.diffID, ...compression }
  const copy = store.compressed.get(key)
  if (copy === undefined) return undefined
  const descriptor = { mediaType: mediaTypeOf(compression), digest: copy.digest, size: copy.size }
  try {
    return await sendBlob(
      scope,
      { descriptor, made: compression, checked: true },
      { layer, open: () => store.blobs.open(copy.digest), signal },
    )
  } catch (error) {
    if (!isIbuildError(error, 'DIGEST_MISMATCH')) throw error
    store.compressed.remove(key)
    return undefined
  }
}

/** Compression and upload go on side by side; progress counts the bytes before compression, whose number is known. */
async function sendStream(
  { target, transfers, compressing, onWarning }: PublishScope,
  { layer, compression }: Compressed,
  signal: AbortSignal,
): Promise<Published> {
  return compressing(async () =>
    transfers.during(pushedTitle(layer), layer.size, async (moved) => {
      const { digest, size } = await repeated({ signal, onWarning }, async () =>
        target.pushStream(compress(counted(layerTar(layer), moved), compression, { signal }), { signal }),
      )
      const descriptor = { mediaType: mediaTypeOf(compression), digest, size }
      return { value: { descriptor, made: compression, checked: true }, result: 'pushed' }
    }),
  )
}

function mediaTypeOf({ format }: CompressionChoice): string {
  return format === 'gzip' ? mediaTypes.ociLayerGzip : mediaTypes.ociLayerZstd
}

const tries = 3

/** A stream cannot be sent again from the middle, so what was broken off by the registry begins anew. */
async function repeated<T>(
  { signal, onWarning }: Pick<PublishScope, 'onWarning'> & { readonly signal: AbortSignal },
  send: () => Promise<T>,
): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await send()
    } catch (error) {
      if (i === tries || signal.aborted || !isIbuildError(error, 'REGISTRY_FAILED')) throw error
      onWarning?.(`${error.message}; the layer is sent anew`)
      await sleep(i * 500, undefined, { signal })
    }
  }
}
