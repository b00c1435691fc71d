import { isUtf8 } from 'node:buffer'
import type { LayerPath } from '../../builder/layers/entry.ts'

/** A path of an image. */
export interface ImagePath {
  /** Absolute. Bytes that are no UTF-8 are replaced. */
  readonly path: string
  /** Its bytes in base64, when they are no UTF-8. */
  readonly bytes?: string
}

/** The members of a path where `bytes` means a size. */
export function pathData(path: LayerPath): { readonly path: string; readonly pathBase64?: string } {
  const { path: text, bytes } = imagePath(path)
  return { path: text, ...(bytes !== undefined && { pathBase64: bytes }) }
}

/** The members of the directory of a finding. */
export function directoryData(directory: LayerPath): { readonly directory: string; readonly directoryBase64?: string } {
  const { path, bytes } = imagePath(directory)
  return { directory: path, ...(bytes !== undefined && { directoryBase64: bytes }) }
}

/** A path as the library tells it. */
export function imagePath(path: LayerPath): ImagePath {
  const bytes = Buffer.from(`/${path}`, 'latin1')
  return { path: bytes.toString('utf8'), ...(!isUtf8(bytes) && { bytes: bytes.toString('base64') }) }
}
