import type { Digest } from '../../shared/base/digest.ts'
import type { LayerPath } from '../layers/entry.ts'
import type { ContextFiles } from './context-files.ts'
import { digestFileSync } from './file-content.ts'
import type { StatSignature } from './stat-signature.ts'

/** A file to hash, and how it was when it was looked at. */
export interface HashItem {
  readonly path: LayerPath
  readonly signature: StatSignature
}

export interface Hashed {
  readonly digest: Digest
  /** The time before it was opened, milliseconds. */
  readonly readAt: number
}

/** Hashes on this thread. Errors: CONTEXT_CHANGED, CONTEXT_INVALID. */
export function hashNow(files: ContextFiles, { path, signature }: HashItem): Hashed {
  const readAt = Date.now()
  return { readAt, digest: digestFileSync({ files, path, signature }) }
}
