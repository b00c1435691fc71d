import { IbuildError } from '../shared/base/errors.ts'
import { mapDiskFull } from '../shared/cas/disk.ts'
import { serializeConfig } from '../shared/oci/config.ts'
import { fullHistory } from './solve/history.ts'
import { mergeStack } from './squash/merge-stack.ts'
import type { Partition } from './squash/partition.ts'
import { localManifest } from './store/local-manifest.ts'
import type { Store, StoredImage } from './store/types.ts'

export interface SquashImageOptions {
  /** The first layer to merge, counted from 1 at the base; default 1. */
  readonly fromLayer?: number
  /** Full name for the new image. */
  readonly name?: string
  readonly signal?: AbortSignal
}

/**
 * Stores an image like another one, with its layers from a number on merged to one: config, history and times stay. The
 * image itself comes back when there is nothing to merge. Errors: USAGE for a layer that the image has not, those of
 * `mergeLayers`.
 */
export async function squashImage(
  store: Store,
  image: StoredImage,
  { fromLayer = 1, name, signal }: SquashImageOptions = {},
): Promise<StoredImage> {
  const layers = image.config.rootfs.diff_ids.length
  const kept = Math.min(fromLayer - 1, layers)
  if (fromLayer !== 1 && kept >= layers) throw noSuchLayer(fromLayer, layers)
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

/** The same image with groups of its layers merged, stored. */
export async function mergeImage(
  store: Store,
  image: StoredImage,
  request: { readonly groups: Partition; readonly signal?: AbortSignal | undefined },
): Promise<StoredImage> {
  if (request.groups.every((size) => size === 1)) return image
  const { config } = image
  const stack = { diffIDs: config.rootfs.diff_ids, history: fullHistory(config) }
  const { diffIDs, history } = await mergeStack(store, stack, request)
  const merged = { ...config, rootfs: { ...config.rootfs, diff_ids: diffIDs }, history }
  const bytes = serializeConfig(merged)
  return store.images.put(localManifest(store, merged, bytes), bytes)
}

function noSuchLayer(fromLayer: number, layers: number): IbuildError {
  return new IbuildError('USAGE', `--from-layer ${fromLayer}: the image has ${layers} layers`, {
    hint: 'Layers are counted from 1 at the base; ibuild history shows them, the newest first.',
  })
}
