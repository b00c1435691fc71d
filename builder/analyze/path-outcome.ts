import type { LayerPath } from '../layers/entry.ts'
import type { Hiding, Version } from './fates.ts'

/** What became of all that the layers put at one path. */
export interface PathOutcome {
  readonly path: LayerPath
  /** Number of the cache rule that the path falls under, -1 none. */
  readonly rule: number
  readonly versions: readonly Version[]
}

/** A version with content that nobody sees. */
export type HiddenVersion = Version & { readonly hiding: Hiding }

export function isHidden(version: Version): version is HiddenVersion {
  return version.hiding !== undefined
}
