import type { Digest } from '../../shared/base/digest.ts'
import type { LayerPath } from '../layers/entry.ts'
import type { FileTree } from '../layers/tree.ts'

/** Where and why the ignore file hides a path. */
export interface IgnoredBy {
  readonly file: string
  readonly line: number
  readonly pattern: string
}

/** A file of rules as it is now. */
export interface IgnoreFile {
  readonly name: string
  readonly digest: Digest
}

/** The files that COPY and ADD take: a {@link FileTree} without what the ignore file hides; owned by root. */
export interface BuildContext extends FileTree {
  /** For messages: the rule that hides a path, undefined when none does. The path need not exist. */
  describeIgnored(path: LayerPath): IgnoredBy | undefined
  /** The file whose rules hold; undefined when there is none. */
  ignoreFile?(): IgnoreFile | undefined
  /** Ends the use of the context: remembers hashes, removes what was spooled. Never fails a build. */
  close(): void
}
