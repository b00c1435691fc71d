import type { Digest } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { HashPool } from '../storage/intake/hash-pool.ts'
import type { RegistryLayout } from '../storage/layout.ts'
import type { FindingCode, Severity } from './finding-codes.ts'

/** Something that the check of a registry found. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** The row, digest or file that it is about. */
  readonly subject: string
  /** What is to be known beside that. */
  readonly detail?: string
  /** True when it is no more: a repair put it right. What was set aside and cannot be pulled is not mended. */
  readonly isMended: boolean
}

/** What a look at one thing gives: what is wrong, and how that is put right. */
export interface Found {
  readonly code: FindingCode
  readonly subject: string
  readonly detail?: string
  /** Puts it right. False when it could not. Without it nothing can be done here. */
  readonly mend?: () => Promise<boolean>
}

/** A thing that is looked at; what is wrong with it by now. */
export type Look = () => Promise<readonly Found[]>

/** How far a check is. */
export interface FsckProgress {
  /** What is being looked at. */
  readonly phase: string
  /** How many of them so far. */
  readonly done: number
}

/** What all parts of a check work on. */
export interface FsckContext {
  readonly metadata: RowStore
  readonly layout: RegistryLayout
  readonly bytes: BlobBytes
  readonly aside: Aside
  /** True when the digests of all bytes are verified, not those of manifests alone. */
  readonly isDeep: boolean
  /** True when rows are those of a moment ago, and a server goes on with the files; what these name stays as it is. */
  readonly isOnline: boolean
  /** True when what is found is put right. */
  readonly isRepair: boolean
  /** The repository that takes manifests which no row names. */
  readonly recover: RepositoryName | undefined
  /** Looks at a thing and reports what is found; puts it right in a repair. */
  inspect(look: Look): Promise<void>
  /** Counts one more thing of a phase. Throws when the check is to end. */
  step(phase: string): void
  /** How often a code was found so far and is still so. */
  left(code: FindingCode): number
}

/** The bytes of blobs as they lie on the disk. */
export interface BlobBytes {
  size(digest: Digest): Promise<number | undefined>
  /** All bytes of a manifest, verified; `corrupt` also when they are too many for one. */
  whole(digest: Digest): Promise<Uint8Array | 'missing' | 'corrupt'>
  /** True when all of it can be read and has its digest. */
  isIntact(digest: Digest): Promise<boolean>
}

/** Where things go that might be the only copy of something. */
export interface Aside {
  /** Durably, under a name that begins with `name`. Does nothing when there is no such file. */
  file(path: string, name: string): Promise<void>
  /** The bytes of a blob, as `why`. */
  blob(digest: Digest, why: 'corrupt' | 'unnamed'): Promise<void>
  /** Keeps a row as it was, durably. */
  row(key: string, value: string): Promise<void>
}

export interface FsckOptions {
  readonly metadata: RowStore
  readonly layout: RegistryLayout
  readonly hashes: HashPool
  readonly isDeep?: boolean
  readonly isOnline?: boolean
  readonly isRepair?: boolean
  readonly recover?: RepositoryName | undefined
  /** What was told when the database was damaged and repaired while it was opened. */
  readonly repairNotice?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Is waited for. */
  readonly onFinding: (finding: Finding) => Promise<void> | void
  readonly onProgress?: ((progress: FsckProgress) => void) | undefined
}

/** How many findings there were of each severity, and how many of them are left. */
export type FsckSummary = Readonly<Record<Severity, { readonly found: number; readonly left: number }>>
