import { join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import type { LayerPath } from './entry.ts'
import type { LayerIndex } from './index-types.ts'

/** Where the bytes of a layer are: an uncompressed tar, the folder that a RUN left as its diff, or elsewhere. */
export type LayerBytes =
  | { readonly kind: 'tar'; readonly file: string }
  | { readonly kind: 'snapshot'; readonly dir: string }
  | RemoteContents

/** The bytes are not here yet. */
export interface RemoteContents {
  readonly kind: 'remote'
  /** Contents of small files that are here all the same. */
  readonly files: () => ReadonlyMap<LayerPath, Uint8Array>
  /** Brings the bytes in and gives the layer as it is then. */
  readonly fetch: () => Promise<LayerRef>
}

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
