import type { Digest } from '../../shared/base/digest.ts'
import type { RepositoryName } from '../protocol/names.ts'

/** A tag, or a manifest without one that nothing refers to, as the rows tell. Times are milliseconds since the epoch. */
export interface ContentFacts {
  /** Undefined for a manifest without one. */
  readonly tag: string | undefined
  readonly digest: Digest
  /** Bytes of the manifest and of all that it names, each once. */
  readonly size: number
  /** When the tag was set to the digest; of a manifest without one since when nothing refers to it, as far as anybody looked. */
  readonly at: number
  /** When a client last asked for it or for a child of it; undefined when nobody did since that is noted. */
  readonly pulledAt: number | undefined
  /** The rule of the configuration by which the tag stays. */
  readonly immutableBy: string | undefined
  /** Who says to run it, or that it is being pushed just now; for people. */
  readonly inUse: string | undefined
}

/** What only the bytes of an image tell. */
export interface ImageDetails {
  /** By the config of the image: of an index, of the first image that it names. Undefined when it says none, or one before 2013. */
  readonly createdAt: number | undefined
  /** Annotations of the manifest over labels of the config. */
  readonly labels: Readonly<Record<string, string>>
}

/** What repositories have, for whoever decides what is to go. Tags that are about a manifest that is there, by their form, are no content of their own. */
export interface RegistryContents {
  /** Another one whenever a tag, a manifest or a report of use may have changed. */
  revision(): string
  /** Since when pulls are noted. */
  pullsKnownSince(): Promise<number>
  /** In byte order. */
  repositories(): AsyncIterable<RepositoryName>
  /** Tags in byte order, then manifests without one, by digest; pages of a thousand at most. */
  all(name: RepositoryName): AsyncIterable<readonly ContentFacts[]>
  tag(name: RepositoryName, tag: string): Promise<ContentFacts | undefined>
  /** What tags lead to, of those that there are. */
  digestsOf(name: RepositoryName, tags: readonly string[]): Promise<readonly Digest[]>
  /** A manifest that has no tag and that nothing refers to. */
  untagged(name: RepositoryName, digest: Digest): Promise<ContentFacts | undefined>
  /** Undefined for what cannot be read. */
  details(name: RepositoryName, digest: Digest): Promise<ImageDetails | undefined>
  readonly inUse: InUseReports
}

/** Who says what runs: clusters and daemons that pulled from here. */
export interface InUseReports {
  /**
   * Takes what a reporter says to run, in place of what it said before; nothing for an empty list. Errors: USAGE for a name, digests or a time
   * that cannot be.
   */
  put(reporter: string, report: InUseReport): Promise<void>
  /** Those that still count, by the names of reporters. */
  list(): Promise<readonly (InUseReport & { readonly reporter: string; readonly at: number })[]>
}

export interface InUseReport {
  /** Of manifests, or of configs of images: what a daemon calls the ID of an image. */
  readonly digests: readonly string[]
  /** Until when it counts, a week from now at most; milliseconds since the epoch. */
  readonly until: number
}
