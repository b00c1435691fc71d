import type { Digest } from '../../shared/base/digest.ts'
import type { SourceLocation } from '../../shared/base/errors.ts'
import type { LayerPath } from '../layers/entry.ts'
import type { LayerIndex } from '../layers/index-types.ts'

/** A layer and what is known of where it comes from. */
export interface LayerSource {
  readonly diffID: Digest
  readonly index: LayerIndex
  /** The instruction that made it; '' when nothing tells. */
  readonly text: string
  /** Lines of the Dockerfile, when it was built just now. */
  readonly location?: SourceLocation
  /** Whether the build took it from the cache, when it was built just now. */
  readonly cached?: boolean
  /** It belongs to the image that the Dockerfile starts from. */
  readonly inBase: boolean
}

/** How content of a layer got out of sight: other content, nothing, or the same content again under its path. */
export type HiddenHow = 'overwritten' | 'deleted' | 'duplicated'

/** What differs between two entries with the same content. */
export type MetadataChange = 'owner' | 'mode' | 'time' | 'xattrs'

/** Bytes of file contents; files of a layer are counted once, whatever their names. */
export interface WasteTotals {
  readonly files: number
  /** All contents that the layers hold. */
  readonly bytes: number
  /** Of these, what nobody can see in the image any more. */
  readonly wastedBytes: number
  /** 100 * wastedBytes / bytes; 0 without bytes. */
  readonly wastedPercent: number
  /** Sum over paths of the smallest size that a path has in any layer / sum of all its sizes; 1 without bytes. */
  readonly efficiency: number
  /** All sizes of the paths that more than one layer writes or deletes. */
  readonly repeatedBytes: number
}

/** The share of the layers that are not of the base: what they hold, and what of the base they hide. */
export interface OwnTotals {
  readonly bytes: number
  readonly wastedBytes: number
  readonly wastedPercent: number
}

/** Layers are numbered from 1, the base first. */
export interface LayerReport {
  readonly number: number
  readonly source: LayerSource
  readonly files: number
  readonly whiteouts: number
  readonly bytes: number
  /** Bytes of this layer that higher layers hide, by how. */
  readonly hidden: Readonly<Record<HiddenHow, number>>
  /** Bytes of lower layers that this one hides. */
  readonly hides: number
}

/** What a finding is about: hidden contents, files that a package manager or version control left, one content in several places. */
export type FindingKind = HiddenHow | 'cache' | 'identical' | 'vcs'

/** Something that could be smaller, and how. */
export interface Finding {
  readonly kind: FindingKind
  /** What the rewrite saves. */
  readonly bytes: number
  readonly files: number
  /** True when the bytes are in `wastedBytes`; a finding about visible files is not. */
  readonly wasted: boolean
  /** All layers that it speaks of belong to the base. */
  readonly inBase: boolean
  /** The layer that holds the bytes. */
  readonly layer: number
  /** The layer that hides them. */
  readonly hiddenBy?: number
  /** Of `duplicated`: what is different; nothing at all when empty. */
  readonly changes?: readonly MetadataChange[]
  /** What kind of cache the files are. */
  readonly cache?: string
  /** The innermost directory that all of the files lie in. */
  readonly directory: LayerPath
  /** The largest files; of `identical` the places of one content. */
  readonly examples: readonly FileSize[]
  readonly rewrite: string
}

export interface FileSize {
  readonly path: LayerPath
  readonly bytes: number
  readonly layer: number
}

/** A file whose name says that it may hold a secret; a deleted one is still in its layer. */
export interface SecretWarning {
  readonly path: LayerPath
  readonly layer: number
  readonly hiddenBy: number | undefined
}

export interface WasteReport {
  readonly layers: readonly LayerReport[]
  readonly totals: WasteTotals
  readonly own: OwnTotals
  /** The most bytes first. */
  readonly findings: readonly Finding[]
  readonly secrets: readonly SecretWarning[]
  /** False when there was more to tell than the lists take; totals are exact all the same. */
  readonly complete: boolean
}

/**
 * What a layer does at a path: `same` writes the same content and metadata again, `metadata` the same content with other
 * metadata, `way` is a directory that is only there because of what is in it.
 */
export type TreeChange = 'added' | 'changed' | 'metadata' | 'same' | 'deleted' | 'way'
