import type { Digest } from '../../shared/base/digest.ts'
import type { Appended } from '../../shared/rows/row-store.ts'

/** What happened to content, or to a tag. */
export type Happening = 'push' | 'pull' | 'mount' | 'delete'

/** Something that happened in a repository, for those who are told of it. */
export interface Occurrence {
  readonly action: Happening
  readonly name: string
  readonly kind: 'manifest' | 'blob'
  /** Undefined where a tag alone went. */
  readonly digest?: Digest | undefined
  readonly mediaType?: string | undefined
  /** Bytes. */
  readonly size?: number | undefined
  readonly tag?: string | undefined
  /** Where a blob was mounted from. */
  readonly from?: string | undefined
  /** Of a manifest that is pushed. */
  readonly bytes?: Uint8Array | undefined
}

/** The request by which something happens, and who sent it. Nothing in it is secret. */
export interface Requester {
  readonly id: string
  readonly method: string
  /** `ADDRESS:PORT` of the client; without the port where that is not known. */
  readonly address: string | undefined
  /** What the client calls this registry; as it came. */
  readonly host: string | undefined
  readonly isEncrypted: boolean
  readonly agent: string | undefined
  /** The account. */
  readonly actor: string | undefined
  /** Why, where a policy decided it: a word such as `DELETE_AGE`. */
  readonly reason?: string | undefined
}

/** Rows that tell of something, to be written in the same change as that; none where nobody wants to know. */
export type Tell = (occurrences: readonly Occurrence[], by: Requester | undefined) => readonly Appended[]

/** For a registry of which nobody is told anything. */
export const tellNobody: Tell = () => []
