import type { Store, StoredImage } from '../../../builder/store/types.ts'
import type { Digest } from '../../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { chainIDs } from '../../../shared/oci/chain-id.ts'
import { listImage } from '../listed-image.ts'

/** The layers of one image or container, the base first, and the chainID of each prefix. */
export interface Stack {
  readonly image: StoredImage | undefined
  readonly container: string | undefined
  readonly diffIDs: readonly Digest[]
  readonly chainIDs: readonly Digest[]
}

/** Of all images and containers that can be read. */
export function stacksIn(store: Store): Stack[] {
  const images = store.images.list().flatMap((image) => {
    const { known } = listImage(image)
    return known instanceof IbuildError ? [] : [stackOf(image.config.rootfs.diff_ids, { image })]
  })
  const containers = store.containers.scan().containers.flatMap((container) => {
    const diffIDs = readable(() => container.config.rootfs.diff_ids)
    if (diffIDs === undefined) return []
    const layers = container.layer === undefined ? diffIDs : [...diffIDs, container.layer]
    return [stackOf(layers, { container: container.name })]
  })
  return [...images, ...containers]
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isIbuildError(error)) return undefined
    throw error
  }
}

function stackOf(diffIDs: readonly Digest[], user: { image?: StoredImage; container?: string }): Stack {
  return { image: user.image, container: user.container, diffIDs, chainIDs: chainIDs(diffIDs) }
}

/** How an image is called in a description. */
export function callImage({ imageID, names }: StoredImage): object {
  return { id: imageID, names }
}
