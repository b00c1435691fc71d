import type { ImageConfig } from '../../shared/oci/config.ts'
import type { Store } from '../store/types.ts'
import { fullHistory } from './full-history.ts'
import type { MergeOptions } from './merge-layers.ts'
import { mergeStack } from './merge-stack.ts'
import type { Partition } from './partition.ts'

/**
 * The config of an image with groups of its layers merged; those layers are in the store. The same object when the groups
 * merge nothing. Errors: those of `mergeLayers`.
 */
export async function mergeConfig(
  store: Store,
  config: ImageConfig,
  request: { readonly groups: Partition } & MergeOptions,
): Promise<ImageConfig> {
  if (request.groups.every((size) => size === 1)) return config
  const stack = { diffIDs: config.rootfs.diff_ids, history: fullHistory(config) }
  const { diffIDs, history } = await mergeStack(store, stack, request)
  return { ...config, rootfs: { ...config.rootfs, diff_ids: diffIDs }, history }
}
