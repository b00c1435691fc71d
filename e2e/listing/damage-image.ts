import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../builder/store/open.ts'
import type { StoredImage } from '../../builder/store/types.ts'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { fullName } from '../../shared/base/reference.ts'

/** Overwrites or removes the config of the image with that name; gives the image. */
export function damageConfig(root: string, name: string, how: 'overwrite' | 'remove' = 'overwrite'): StoredImage {
  const store = openStore(root)
  const image = store.images.get(name)
  if (image === undefined) throw new Error(`no image ${name}`)
  if (how === 'remove') store.blobs.remove(image.imageID)
  else writeFileSync(store.blobs.path(image.imageID), '{}')
  return image
}

/** Cuts the file of a tag. */
export function damageTag(root: string, name: string): void {
  const file = join(root, 'tags', hexOf(digestOf(fullName(name))))
  rmSync(file)
  writeFileSync(file, '{"name":')
}
