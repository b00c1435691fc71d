import { shortName } from '../../shared/base/reference.ts'
import { checkDepth } from '../squash/layer-limit.ts'
import type { StoredImage } from '../store/types.ts'

/** Refuses an image that no Docker daemon can load. `way` is a way around, told in the hint. Errors: LAYER_LIMIT. */
export function requireDockerDepth(image: StoredImage, way: string): void {
  const [name] = image.names
  checkDepth(image.config.rootfs.diff_ids.length, {
    subject: name === undefined ? 'the image' : shortName(name),
    forDocker: true,
    hint: `Merge layers with ibuild squash; ${way}.`,
  })
}
