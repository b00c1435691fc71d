import { IbuildError } from '../shared/base/errors.ts'
import { mapDiskFull } from '../shared/cas/disk.ts'
import { serializeConfig } from '../shared/oci/config.ts'
import { mergeConfig } from './squash/merge-config.ts'
import type { MergeOptions } from './squash/merge-layers.ts'
import type { Partition } from './squash/partition.ts'
import { annotatedManifest } from './store/local-manifest.ts'
import type { Store, StoredImage } from './store/types.ts'

export interface SquashImageOptions {
  /** The first layer to merge, counted from 1 at the base; default 1. */
  readonly fromLayer?: number
  /** Full name for the new image. */
  readonly name?: string
  readonly signal?: AbortSignal
}

/**
 * Stores an image like another one, with its layers from a number on merged to one: config, history, times and annotations
 * stay. The image itself comes back when there is nothing to merge. Errors: USAGE for a layer that the image has not, those
 * of `mergeLayers`.
 */
export async function squashImage(
  store: Store,
  image: StoredImage,
  { fromLayer = 1, name, signal }: SquashImageOptions = {},
): Promise<StoredImage> {
  const layers = image.config.rootfs.diff_ids.length
  const isThere = Number.isInteger(fromLayer) && fromLayer >= 1 && (fromLayer === 1 || fromLayer <= layers)
  if (!isThere) throw noSuchLayer(fromLayer, layers)
  const kept = fromLayer - 1
  const groups = [...Array.from({ length: kept }, () => 1), ...(layers === 0 ? [] : [layers - kept])]
  const lock = await store.lockShared(signal === undefined ? {} : { signal })
  try {
    const made = await mapDiskFull(() => mergeImage(store, image, { groups, signal }))
    if (name !== undefined) await store.tags.set(name, made.manifestDigest)
    return made
  } finally {
    lock.release()
  }
}

async function mergeImage(
  store: Store,
  image: StoredImage,
  request: { readonly groups: Partition } & MergeOptions,
): Promise<StoredImage> {
  const config = await mergeConfig(store, image.config, request)
  if (config === image.config) return image
  const configBytes = serializeConfig(config)
  const annotations = new Map(Object.entries(image.manifest.annotations ?? {}))
  return store.images.put(annotatedManifest(store, { config, configBytes, annotations }), configBytes)
}

function noSuchLayer(fromLayer: number, layers: number): IbuildError {
  return new IbuildError('USAGE', `--from-layer ${fromLayer}: the image has ${layers} layers`, {
    hint: 'Layers are counted from 1 at the base; ibuild history shows them, the newest first.',
  })
}
