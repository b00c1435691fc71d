import type { Digest } from '../../shared/base/digest.ts'
import type { SourceLocation } from '../../shared/base/errors.ts'
import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import type { FileTree } from '../layers/tree.ts'

/** What a COPY or ADD takes, with all words expanded. Text is Unicode; only paths of trees are bytes. */
export interface SelectRequest {
  readonly kind: 'COPY' | 'ADD'
  /** The build context, or the root filesystem of a stage or image. */
  readonly source: FileTree
  /** True for a stage or image: its files keep their owners, those of a context are root's. */
  readonly sourceIsImage: boolean
  readonly sources: readonly string[]
  /** Heredoc files. */
  readonly inlineFiles: readonly { readonly name: string; readonly content: string }[]
  readonly destination: string
  /** Absolute path in the image. */
  readonly workdir: string
  readonly chown: string | undefined
  readonly chmod: string | undefined
  /** `--unpack`; undefined means that ADD unpacks archives and COPY does not. */
  readonly unpack: boolean | undefined
  readonly location: SourceLocation
  /** For messages: what hides a path that the source does not show. */
  readonly describeIgnored?: ((path: LayerPath) => IgnoredPath | undefined) | undefined
}

export interface IgnoredPath {
  readonly file: string
  readonly line: number
  readonly pattern: string
}

export interface LayOutOptions {
  /** The root filesystem that the layer goes on. */
  readonly target: FileTree
  /** Time of directories that are created on the way and of heredoc files, nanoseconds. */
  readonly mtime: bigint
  /** A directory for the content of unpacked archives; it need not exist, and must stay until the plan is closed. */
  readonly temporary: string
}

export interface CopyRequest extends SelectRequest, LayOutOptions {}

/** One named input of a step. Names are stable: a later build compares part by part to say why it missed. */
export interface KeyPart {
  readonly name: string
  readonly value: string
}

/** One thing that a word of COPY or ADD named. */
export interface SelectedSource {
  /** The path as named, cleaned: its last component is the name at the destination. */
  readonly named: LayerPath
  /** Where that leads when links are followed. */
  readonly path: LayerPath
  readonly entry: LayerEntry
  /**
   * All entries below a directory, ordered by path; those of files have their digest. Empty for anything else. They are made
   * anew each time that they are gone through, because they may be many.
   */
  readonly below: Iterable<LayerEntry>
}

/** The text that stands behind the digest of a source in the cache key. */
export interface SourceListing {
  /** As the source is named. */
  readonly path: LayerPath
  readonly digest: Digest
  /** Writes the text anew. */
  readonly pieces: () => Iterable<string>
}

/** What the sources of a step are, and what of it matters for the result. Times do not. */
export interface CopySelection {
  readonly request: SelectRequest
  readonly sources: readonly SelectedSource[]
  readonly keyParts: readonly KeyPart[]
  /** One for each source, in order. */
  readonly listings: readonly SourceListing[]
}

/** One entry of the layer to be. The content of a file that is not empty: bytes, or a function that reads it. */
export interface CopyMember {
  readonly entry: LayerEntry
  readonly content?: Uint8Array | (() => Uint8Array | AsyncIterable<Uint8Array>)
}

export interface CopyPlan {
  /** Ordered by path; parents of every path are there. Hardlinks point to an earlier member. Made anew each time. */
  readonly members: Iterable<CopyMember>
  readonly keyParts: readonly KeyPart[]
  /** Removes what was unpacked, after the layer is written. */
  close(): void
}
