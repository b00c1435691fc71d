import type { Digest } from '../../shared/base/digest.ts'
import type { FileChange } from './compare-listings.ts'
import type { PartChange } from './compare-parts.ts'

/** Why a step was not in the cache; see docs/cache.md. */
export type MissCode =
  | 'no-cache'
  | 'first-build'
  | 'pruned'
  | 'record-lost'
  | 'record-damaged'
  | 'layer-lost'
  | 'index-false'
  | 'other-version'
  | 'instruction'
  | 'base-image'
  | 'parent'
  | 'moved'
  | 'content'
  | 'files'
  | 'script'
  | 'command'
  | 'environment'
  | 'setting'
  | 'unknown'

/** Why a step was not in the cache. */
export interface MissReason {
  readonly code: MissCode
  /** One line for people. It has text of the Dockerfile and names of files in it, but no secret: to be sanitized when it is shown. */
  readonly text: string
}

/** Where a step stood, and on what: kept with its record. */
export interface StepFacts {
  /** Of the cache keys of the ibuild that made it. */
  readonly version: string
  /** Its place among the steps of the stage, from 0. */
  readonly position: number
  /** The instruction before it in the stage; undefined for the first. */
  readonly after?: string | undefined
  /** What the stage starts from. */
  readonly base: { readonly name: string; readonly digest: string }
  /** The ignore file of the context, for a step that takes files from there. */
  readonly ignore?: { readonly name: string; readonly digest: string } | undefined
}

/** How the parts of a key differ from those of an earlier record. */
export interface ComparedPart extends PartChange {
  /** Of a source of COPY or ADD: what changed in it, as far as it is known. */
  readonly files?: readonly FileChange[]
  /** How many there are, when some are left out. */
  readonly fileCount?: number
}

/** What `--explain` tells of one step. Secrets are not in it. */
export interface StepExplanation {
  readonly step: number
  readonly title: string
  readonly key: Digest
  readonly result: 'hit' | 'miss'
  /** True when the step was executed and left what an earlier one had left. */
  readonly unchanged?: boolean
  /** Of a miss. */
  readonly reason?: MissReason
  /** The record that was hit, or the nearest one. */
  readonly record?: { readonly key: Digest; readonly created: string }
  readonly parts: readonly ComparedPart[]
}
