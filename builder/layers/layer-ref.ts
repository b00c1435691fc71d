import { join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import type { LayerPath } from './entry.ts'
import type { LayerIndex } from './index-types.ts'

/** Where the bytes of a layer are: an uncompressed tar, or the folder that a RUN left as its diff. */
export type LayerBytes =
  | { readonly kind: 'tar'; readonly file: string }
  | { readonly kind: 'snapshot'; readonly dir: string }

/** A layer whose index and bytes are at hand. */
export interface LayerRef {
  readonly diffID: Digest
  readonly index: LayerIndex
  readonly bytes: LayerBytes
  /** A folder for what is laid out anew of a large layer; files in it have no name. Without one that stays in memory. */
  readonly scratch?: string
}

/** The host's path of a path inside a folder, as bytes. */
export function hostPath(dir: string | Buffer, path: LayerPath): Buffer {
  if (typeof dir !== 'string') return Buffer.concat([dir, Buffer.from(path === '' ? '' : `/${path}`, 'latin1')])
  return Buffer.from(join(Buffer.from(dir).toString('latin1'), path), 'latin1')
}
