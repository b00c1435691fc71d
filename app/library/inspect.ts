import { checkOptions } from '../../builder/check-options.ts'
import { openStore } from '../../builder/store/open.ts'
import type { StoreUsage } from '../../builder/store/types.ts'
import type { ObjectType } from '../listing/objects/types.ts'
import type { StoreOptions } from './options.ts'

/** What `inspectObject` describes. */
export interface ObjectOptions extends StoreOptions {
  /** A name, a digest, or the first four or more hex digits of one. */
  readonly object: string
  /** What it is; without it the first of these that has that name or digest. */
  readonly type?: ObjectType
}

/**
 * Anything that the data folder holds, as plain data: what `ibuild inspect` prints; its member `type` tells what it is.
 * Errors: `IMAGE_NOT_FOUND`, `OBJECT_NOT_FOUND`, `REFERENCE_INVALID`, `STORE_INVALID`.
 */
export async function inspectObject(options: ObjectOptions): Promise<Readonly<Record<string, unknown>>> {
  const { root, object, type } = checkOptions('inspectObject', options, ['root', 'object'])
  const { describeObject } = await import('../listing/objects/describe-object.ts')
  const { findObject } = await import('../listing/objects/find-object.ts')
  const store = openStore(root)
  return { ...describeObject(store, findObject(store, object, type)) }
}

/** What takes how much of the disk. Errors: `STORE_INVALID` when an image or a container is damaged. */
export async function diskUsage(options: StoreOptions): Promise<StoreUsage> {
  const { root } = checkOptions('diskUsage', options, ['root'])
  return openStore(root).usage()
}
