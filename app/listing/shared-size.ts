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
  const numbers = new Map<Digest, number>()
  const users: number[] = []
  const numberOf = (diffID: Digest): number => {
    const number = numbers.get(diffID) ?? numbers.size
    numbers.set(diffID, number)
    return number
  }
  const stacks = images.flatMap((image): Stack[] => {
    if (listImage(image).known instanceof IbuildError) return []
    const { layers } = image.manifest
    const sizes = new Map(image.config.rootfs.diff_ids.map((diffID, i) => [numberOf(diffID), layers[i]?.size ?? 0]))
    for (const number of sizes.keys()) users[number] = (users[number] ?? 0) + 1
    return [{ image, layers: Uint32Array.from(sizes.keys()), sizes: Float64Array.from(sizes.values()) }]
  })
  return stacks.map(({ image, layers, sizes }) => {
    const [size, shared] = [sum(sizes), sum(sizes.filter((_, i) => (users[layers[i] ?? 0] ?? 0) > 1))]
    return { image, size, shared, unique: size - shared }
  })
}

/** The layers of an image by number, each once, and their sizes: numbers, because there may be a million. */
interface Stack {
  readonly image: StoredImage
  readonly layers: Uint32Array
  readonly sizes: Float64Array
}

function sum(sizes: Float64Array): number {
  return sizes.reduce((total, size) => total + size, 0)
}
