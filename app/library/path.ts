import { isUtf8 } from 'node:buffer'
import type { LayerPath } from '../../builder/layers/entry.ts'

/** A path of an image. */
export interface ImagePath {
  /** Absolute. Bytes that are no UTF-8 are replaced. */
  readonly path: string
  /** Its bytes in base64, when they are no UTF-8. */
  readonly bytes?: string
}

/** A path as the library tells it. */
export function imagePath(path: LayerPath): ImagePath {
  const bytes = Buffer.from(`/${path}`, 'latin1')
  return { path: bytes.toString('utf8'), ...(!isUtf8(bytes) && { bytes: bytes.toString('base64') }) }
}
