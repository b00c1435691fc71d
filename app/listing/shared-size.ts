import type { StoredImage } from '../../builder/store/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { listImage } from './listed-image.ts'

export interface SharedSize {
  readonly image: StoredImage
  /** Bytes of all its layers, uncompressed. */
  readonly size: number
  /** Of these: layers that another image has too. */
  readonly shared: number
  /** Layers that only this image has: what is freed when it goes. */
  readonly unique: number
}

/** How much of each image would go with it. An image with the same layers twice has them once. Damaged ones are left out. */
export function sharedSizes(images: readonly StoredImage[]): SharedSize[] {
  const stacks = images.flatMap((image) => {
    const { known } = listImage(image)
    if (known instanceof IbuildError) return []
    const sizes = known.config.rootfs.diff_ids.map(
      (diffID, i) => [diffID, image.manifest.layers[i]?.size ?? 0] as const,
    )
    return [{ image, layers: new Map<Digest, number>(sizes) }]
  })
  const users = new Map<Digest, number>()
  for (const { layers } of stacks) for (const diffID of layers.keys()) users.set(diffID, (users.get(diffID) ?? 0) + 1)
  return stacks.map(({ image, layers }) => {
    let [size, shared] = [0, 0]
    for (const [diffID, bytes] of layers) {
      size += bytes
      if ((users.get(diffID) ?? 0) > 1) shared += bytes
    }
    return { image, size, shared, unique: size - shared }
  })
}
