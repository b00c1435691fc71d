import type { Digest } from '../../shared/base/digest.ts'
import type { JsonValue } from '../../shared/base/json.ts'
import type { RepositoryName } from '../protocol/names.ts'

/** What becomes of content that is not signed as is required: nothing, a warning and a count, or a refusal. */
export type GateMode = 'off' | 'report' | 'enforce'

/** What must be signed in some repositories; the first rule that fits a repository counts, and without one nothing must. */
export interface GateRule {
  /** A pattern of names. */
  readonly repositories: string
  readonly mode: GateMode
  /** What is required, as whoever knows of signatures reads it. */
  readonly require: JsonValue
}

/** Whoever knows of signatures: the port by which the gate asks. */
export interface Signatures {
  /** Reads what a rule requires; `place` is where that is written. Errors: SERVER_CONFIG_INVALID. */
  judgeFor(require: JsonValue, place: string): Judge
}

/** Holds content against one requirement. */
export interface Judge {
  /**
   * Something that changes with all that a judgement of the repository depends on, but time; for those who cannot wait. Undefined
   * says nothing.
   */
  peekVersion(name: RepositoryName): string | undefined
  version(name: RepositoryName): Promise<string>
  judge(name: RepositoryName, content: SignedContent): Judgement | Promise<Judgement>
}

export interface SignedContent {
  readonly digest: Digest
  /** Bytes, where they are known: what is signed has a length as well. */
  readonly size: number | undefined
  /** The tag that must be signed for it; undefined for content that is wanted by its digest. */
  readonly tag: string | undefined
}

export type Judgement =
  /** Good until then; milliseconds since the epoch. */
  | { readonly isSigned: true; readonly until: number }
  /** Why not, and what can be done: one or two sentences. */
  | { readonly isSigned: false; readonly reason: string }

/** Pulls since the start, of repositories that have a rule. */
export interface GateCounts {
  readonly allowed: number
  readonly reported: number
  readonly refused: number
  /** By those who may push. */
  readonly exempt: number
}
