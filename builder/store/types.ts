import type { Digest } from '../../shared/base/digest.ts'
import type { IbuildError } from '../../shared/base/errors.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { Lock, LockOptions } from '../../shared/cas/lock.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import type { Manifest } from '../../shared/oci/manifest.ts'
import type { BlobStore } from './blob-store.ts'
import type { EncodedIndex } from './encoded-index.ts'
import type { ImageOriginStore, IndexFormStore, LayerSourceStore, RemoteBytes, RemoteLayer } from './remote-types.ts'

/**
 * The builder's data folder. Many processes may use one at once. Look-ups are synchronous and cost microseconds; what
 * they return is complete and trusted. Every write can fail with DISK_FULL.
 */
export interface Store {
  /** Absolute path. */
  readonly root: string
  readonly blobs: BlobStore
  readonly tags: TagStore
  readonly images: ImageStore
  readonly containers: ContainerStore
  readonly layers: LayerStore
  readonly snapshots: SnapshotStore
  readonly compressed: CompressedStore
  readonly sources: LayerSourceStore
  readonly origins: ImageOriginStore
  readonly indexForms: IndexFormStore
  readonly records: RecordStore
  readonly listings: ListingStore
  /** A digest of a secret for keys and records: from it alone the secret cannot be guessed. Differs from store to store. */
  readonly secretDigest: (text: string) => string
  /** A new folder on the store's filesystem; the next process that opens the store removes it when this one dies. */
  temp(prefix: string): Promise<TempFolder>
  /** Keeps garbage collection away until released. Hold one from the first look-up of a build, import or tag to its end. */
  lockShared(options?: SharedLockOptions): Promise<Lock>
  /**
   * Tells that nothing will be written to this folder any more and that it will soon be made durable, so that its bytes
   * can go to the disk meanwhile. Costs nothing worth mentioning.
   */
  startWriteBack(dir: string): void
  /**
   * Brings in the bytes of layers of which only the index is here, and gives them all as they are then, in order; at once
   * where nothing is missing. LAYER_NOT_HERE when a store was opened without a way to get them, or it is not to be had;
   * LAYER_INDEX_FALSE when the index that was believed until then tells something else than the layer.
   */
  fetchLayers(diffIDs: readonly Digest[], options?: FetchLayersOptions): Promise<readonly StoredLayer[]>
  /** Makes every layer that this process committed durable, also those that no image uses. */
  sync(): Promise<void>
  /**
   * Removes what no image, tag, container or (unless dropped) cache record reaches. Waits until nobody holds a shared lock, this
   * process included.
   */
  collectGarbage(options?: GarbageOptions): Promise<GarbageReport>
  /** What takes how much. STORE_INVALID when an image or a container is damaged. */
  usage(): StoreUsage
}

export interface SharedLockOptions extends LockOptions {
  /** Nothing will be written: on a filesystem that is read-only, or where there is no store yet, the work goes on without the lock. */
  readonly reading?: boolean
}

export interface FetchLayersOptions {
  readonly signal?: AbortSignal | undefined
}

/** Bytes on disk by what they are there for; each layer counts once, in the first part that has it. */
export interface StoreUsage {
  readonly images: UsagePart
  /** What containers have beside their images. */
  readonly containers: UsagePart
  /** Records, the layers that only they have, and hashes of files of contexts. */
  readonly cache: UsagePart
  /** Compressed copies of layers. */
  readonly compressed: UsagePart
  /** Extracted copies of layers whose tar is there. */
  readonly extracted: UsagePart
  /** What nothing reaches. */
  readonly garbage: UsagePart
  readonly total: number
}

/** How many things and how many bytes. */
export interface UsagePart {
  readonly count: number
  readonly bytes: number
}

export interface TempFolder {
  readonly dir: string
  /** Removes the folder and what is left in it. */
  release(): Promise<void>
}

/** Names are full references with tag or digest, as `formatReference` writes them. REFERENCE_INVALID for anything else. */
export interface TagStore {
  get(name: string): Digest | undefined
  /** When it was last pointed to another image, milliseconds since the epoch. Undefined when there is no such tag. */
  setAt(name: string): number | undefined
  /** Points `name` to a stored image, durably. IMAGE_NOT_FOUND when there is no such image. */
  set(name: string, manifest: Digest): Promise<void>
  /** False when there was no such tag. The image stays. */
  remove(name: string): Promise<boolean>
  /** Sorted by name. STORE_INVALID when one of them is damaged. */
  list(): readonly Tag[]
  /** Those that can be read, sorted by name, and an error for each that is damaged. */
  scan(): TagScan
}

export interface TagScan {
  readonly tags: readonly Tag[]
  readonly damaged: readonly IbuildError[]
}

export interface Tag {
  readonly name: string
  readonly manifest: Digest
}

export interface ImageStore {
  /**
   * Stores an image without a tag, durably: its layers, config and manifest are on disk before it is visible.
   * MANIFEST_INVALID or CONFIG_INVALID when the two do not fit each other, LAYER_INVALID when a layer is not in the store.
   * Mends a stored image whose manifest or config is damaged.
   */
  put(manifest: Uint8Array, config: Uint8Array): Promise<StoredImage>
  /**
   * Finds an image by name (docker's short forms included), by `name@digest`, by manifest digest, or by image ID: whole
   * or its first four or more hex digits, with or without `sha256:`. A name wins over an ID. REFERENCE_INVALID when it can be none of these or the
   * prefix is ambiguous.
   */
  get(query: string): StoredImage | undefined
  /** All images, tagged or not, newest first. */
  list(): readonly StoredImage[]
  /** Removes the image and its tags; its content stays until garbage collection. False when it was not there. */
  remove(manifest: Digest): Promise<boolean>
}

/** Members that need a file are read and verified at first use: STORE_INVALID, with the image's names, when it is missing or damaged. */
export interface StoredImage {
  readonly manifestDigest: Digest
  /** Digest of the config. */
  readonly imageID: Digest
  /** When it came into the store, milliseconds since the epoch. */
  readonly storedAt: number
  readonly manifest: Manifest
  readonly manifestBytes: Buffer
  readonly config: ImageConfig
  readonly configBytes: Buffer
  /** Full names of its tags, sorted; tags that are damaged are left out. */
  readonly names: readonly string[]
}

/**
 * Containers: what a command left on an image, under a name. Each protects what its image and its layer consist of, also
 * when the image is removed. A name is USAGE when it breaks the grammar of docker's container names.
 */
export interface ContainerStore {
  /** STORE_INVALID when its file is damaged. */
  get(name: string): Container | undefined
  /** Keeps a container, durably. CONTAINER_EXISTS when the name is taken. */
  add(container: Omit<Container, 'manifest' | 'config'>): Promise<Container>
  /** False when there was none. Also removes one that is damaged. */
  remove(name: string): Promise<boolean>
  /** Sorted by name. STORE_INVALID when the file of one is damaged. */
  list(): readonly Container[]
  /** Those that can be read, sorted by name, and an error for each whose file is damaged. */
  scan(): ContainerScan
}

export interface ContainerScan {
  readonly containers: readonly Container[]
  readonly damaged: readonly IbuildError[]
}

/** `manifest` and `config` are read and verified at use: STORE_INVALID when they are missing or damaged. */
export interface Container {
  readonly name: string
  /** Of the image that it ran on. */
  readonly manifestDigest: Digest
  readonly imageID: Digest
  /** What the command changed; undefined when it changed nothing. */
  readonly layer: Digest | undefined
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly exitCode: number
  /** When the command had ended, milliseconds since the epoch. */
  readonly created: number
  readonly manifest: Manifest
  readonly config: ImageConfig
}

export interface LayerStore {
  /** A complete layer, or undefined. Of one with `remote` bytes only the index is here. */
  get(diffID: Digest): StoredLayer | undefined
  /** Moves a tar in; `tarFile` lies in a folder of `temp`. Keeps what is there when the layer is known. */
  commitTar(layer: TarLayer): Promise<StoredLayer>
  /**
   * Moves a diff in that is also the snapshot of `chainID`; `dir` lies in a folder of `temp`. Keeps what is there when
   * the layer or the snapshot is known.
   */
  commitSnapshot(layer: SnapshotLayer): Promise<StoredLayer>
  /**
   * Moves an index in whose layer lies elsewhere. Keeps what is there when the layer is known, unless what is there is a
   * `published` index and this one was `read`.
   */
  commitRemote(layer: RemoteLayer): Promise<StoredLayer>
  /** Makes these layers durable, whoever committed them. */
  sync(diffIDs: readonly Digest[]): Promise<void>
  list(): readonly Digest[]
}

export interface StoredLayer {
  readonly diffID: Digest
  /** Bytes of the uncompressed tar. */
  readonly size: number
  readonly indexFile: string
  readonly bytes: LayerBytes
}

export type LayerBytes =
  | { readonly kind: 'tar'; readonly file: string }
  | { readonly kind: 'snapshot'; readonly dir: string; readonly chainID: Digest }
  | RemoteBytes

export interface TarLayer {
  readonly diffID: Digest
  readonly size: number
  readonly tarFile: string
  readonly index: EncodedIndex
}

export interface SnapshotLayer {
  readonly diffID: Digest
  readonly size: number
  readonly chainID: Digest
  readonly dir: string
  readonly index: EncodedIndex
}

/** Extracted layers, one folder each, usable as lower folders of an overlay; their paths are short. */
export interface SnapshotStore {
  get(chainID: Digest): Snapshot | undefined
  /** An empty folder to extract into. */
  create(): PendingSnapshot
}

export interface Snapshot {
  readonly dir: string
}

export interface PendingSnapshot {
  readonly dir: string
  /**
   * Makes the folder the snapshot of `chainID`, whose last layer is `diffID`. When another process was first, its folder
   * is returned and this one removed.
   */
  commit(chainID: Digest, diffID: Digest): Promise<Snapshot>
  discard(): Promise<void>
}

/**
 * Compressed copies of layers, kept as blobs so that no layer is compressed twice. They are a cache: a lost entry, or one
 * whose blob is gone or has another size, is a miss.
 */
export interface CompressedStore {
  /** The blob's content is not verified. */
  get(key: CompressedKey): CompressedLayer | undefined
  /** The blob is in the store already. */
  put(entry: CompressedLayer): Promise<void>
  remove(key: CompressedKey): void
  /** Every entry whose blob is there. */
  list(): readonly CompressedLayer[]
}

export interface CompressedKey {
  readonly diffID: Digest
  readonly format: 'gzip' | 'zstd'
  readonly level: number
}

export interface CompressedLayer extends CompressedKey {
  /** Of the compressed blob. */
  readonly digest: Digest
  readonly size: number
}

/** The build cache. A lost or damaged record is a miss, never a wrong answer. */
export interface RecordStore {
  /** Counts as a use. */
  get(key: Digest): StepRecord | undefined
  /** The same without counting as a use. */
  peek(key: Digest): UsedRecord | undefined
  /** At most 1 MiB of JSON. Under each of `names` it can be found by {@link latest}. */
  put(key: Digest, record: StepRecord, names?: readonly string[]): Promise<void>
  /** True also for a file that is damaged. */
  isThere(key: Digest): boolean
  /** What was recorded last under any of the names, newest first, at most eight for each; also what is gone since. */
  latest(names: readonly string[]): readonly RecordTrace[]
  list(): readonly Digest[]
}

export interface StepRecord {
  readonly version: 1
  /** What the step is called. */
  readonly step: string
  /** The parts that the key was made of. */
  readonly parts: readonly RecordPart[]
  /** The layer that the step made, if any. */
  readonly diffID?: Digest
  /** Milliseconds since the epoch. */
  readonly created: number
  /** Whatever else the solver keeps. */
  readonly extra?: JsonObject
}

export interface UsedRecord {
  readonly key: Digest
  readonly record: StepRecord
  /** When a build last looked it up, milliseconds since the epoch; up to an hour early. */
  readonly usedAt: number
  /** Bytes on disk. */
  readonly bytes: number
}

/** What the choice of records to remove is made from. */
export interface RecordUse extends Omit<UsedRecord, 'record'> {
  /** The step's name, shortened when it is long. */
  readonly step: string
  /** The layer that the record names, if any. */
  readonly diffID: Digest | undefined
}

/** What is known of a record under its names. */
export interface RecordTrace {
  readonly key: Digest
  /** Those of the asked names that it was recorded under. */
  readonly names: readonly string[]
  /** Undefined when it was removed or damaged. */
  readonly record: StepRecord | undefined
  /** When records were first removed after it was made, milliseconds since the epoch. */
  readonly prunedAt: number | undefined
}

/**
 * The texts behind digests in keys, latin1, so that a later build can say what in them changed. Lost or damaged ones are
 * not there; those beyond a few MiB are not kept.
 */
export interface ListingStore {
  get(digest: Digest): string | undefined
  /** The pieces together have this digest. */
  put(digest: Digest, pieces: Iterable<string>): void
}

export interface RecordPart {
  readonly name: string
  readonly value: string
}

export interface GarbageOptions extends LockOptions {
  /** False drops the build cache too, and the hashes of files of contexts; a function is asked about each record. Default true. */
  readonly keepRecords?: boolean | ((use: RecordUse) => boolean)
  /** False drops images that have no tag; a function is asked about each of them. Default true. */
  readonly keepUnnamed?: boolean | ((image: StoredImage) => boolean)
  /** False drops extracted copies of layers whose tar is kept: the next RUN on them extracts anew. Default true. */
  readonly keepExtracted?: boolean
  /** False drops compressed copies of layers. Default true, unless `keepRecords` is false. */
  readonly keepCompressed?: boolean
  /** Drops cached layers, those used longest ago first, until what is left has at most so many bytes. */
  readonly maxBytes?: number
  /** Tells what would go and removes nothing; does not wait for builds. */
  readonly dryRun?: boolean
  /** Called for each thing that goes, before any of them does. */
  readonly onItem?: (item: GarbageItem) => void
}

/** Something that a garbage collection takes. */
export interface GarbageItem {
  readonly kind: 'image' | 'record' | 'layer' | 'snapshot' | 'blob' | 'hashes'
  /** Image ID, cache key, diffID, chainID or digest; of hashes of a context the digest of its path. */
  readonly id: Digest
  readonly bytes: number
  /** Of a record: the step's name, shortened when it is long. */
  readonly step?: string
}

/** What a garbage collection removed. */
export interface GarbageReport {
  /** Images without a tag. */
  readonly images: number
  readonly layers: number
  readonly snapshots: number
  readonly blobs: number
  readonly records: number
  /** Bytes on disk that were freed, as far as known from file sizes. */
  readonly bytes: number
  /** Bytes of the layers, snapshots, blobs and records that stay, known in the same way. */
  readonly left: number
}
