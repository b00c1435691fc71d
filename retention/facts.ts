/** What a policy looks after: the repositories of the registry, the builder's own images, or what a Docker daemon has. */
export const sources = ['registry', 'store', 'docker'] as const
export type Source = (typeof sources)[number]

/**
 * What an item is: a tag of a repository; a manifest without a tag, that nothing refers to; a volume of a Docker daemon; a record of
 * the build cache.
 */
export type ItemKind = 'tag' | 'untagged' | 'volume' | 'cache'

/** Names one item of a source. */
export interface ItemName {
  readonly kind: ItemKind
  /** Empty for volumes and records of the cache. Of an image that never had a name: `<none>`. */
  readonly repository: string
  /** The tag, the digest of a manifest without one, the name of a volume, the ID of a record. */
  readonly name: string
}

/** What is known of one item. Times are milliseconds since the epoch. */
export interface ItemFacts extends ItemName {
  /** What the tag leads to; of a manifest its own digest; of images in Docker and in the store the image ID. Volumes and records: their name. */
  readonly digest: string
  /** Bytes of it and of all that it names. What is freed may be less, for what others share. */
  readonly size: number
  /** When the tag was set to the digest, or the manifest pushed; where nobody knows, when this source began to look. Volumes, records: when it was made. */
  readonly pushedAt: number
  /** When it was last pulled, run, or hit. Undefined when never, as far as is known: see {@link RepositoryFacts.pullsKnownSince}. */
  readonly pulledAt?: number | undefined
  /** By the image's config. Undefined when it says none, or one that no clock had (before 2013: reproducible builds). Only where asked for. */
  readonly createdAt?: number | undefined
  /** Annotations of the manifest over labels of the config. Only where asked for; then undefined when they cannot be read. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Roles of the collection that signed it under this name, and key names of other signatures that are trusted. Only where asked for. */
  readonly signedBy?: readonly string[] | undefined
  /** Why nobody can say of some of the keys that were asked for whether they signed it. */
  readonly signersUnknown?: string | undefined
  /** What the source itself says against taking it, the strongest first. */
  readonly guards: readonly Guard[]
}

/** Why an item stays whatever a policy says. */
export interface Guard {
  readonly kind: 'hold' | 'immutable' | 'in-use' | 'signed-target'
  /** For people: which container, until when, by which collection. */
  readonly about: string
}

/** What is costly to know, and only gathered when a policy asks. */
export interface Wants {
  readonly created: boolean
  readonly labels: boolean
  readonly signatures: boolean
  /** Names of keys of which it is to be told whether they signed an item, besides roles. */
  readonly keys?: readonly string[] | undefined
}

/** For who only has to know whether an item is there, and what it leads to. */
export const noWants: Wants = { created: false, labels: false, signatures: false }

/** What is true of a whole repository. */
export interface RepositoryFacts {
  readonly repository: string
  /** Since when pulls are noted: before that, nobody knows of any. Milliseconds since the epoch. */
  readonly pullsKnownSince: number
}
