import type { Digest } from '../../shared/base/digest.ts'
import type { EncodedIndex } from './encoded-index.ts'

/**
 * Where registries have layers, by diffID: what came from there, or was sent there. So a layer is mounted or left alone
 * instead of compressed and sent again. It is a hint: what a registry has may be gone; a lost entry is a miss.
 */
export interface LayerSourceStore {
  /** The newest first. */
  get(diffID: Digest): readonly LayerSource[]
  add(diffID: Digest, source: LayerSource): Promise<void>
}

/** A layer as a repository has it. */
export interface LayerSource {
  readonly mediaType: string
  /** Of the blob there. */
  readonly digest: Digest
  readonly size: number
  /** Host of the registry, `docker.io` for the Hub. */
  readonly domain: string
  /** Repository there. */
  readonly path: string
  /** How, when it was compressed here. */
  readonly made?: { readonly format: 'gzip' | 'zstd'; readonly level: number }
  /** True when the blob was read or made here and holds the layer; else some manifest says so. */
  readonly checked?: boolean
}

/** Manifests under which registries have images, by image ID: an image that came from one goes out again as it was. Hints too. */
export interface ImageOriginStore {
  /** The newest first. */
  get(imageID: Digest): readonly ImageOrigin[]
  add(imageID: Digest, origin: ImageOrigin): Promise<void>
}

export interface ImageOrigin {
  readonly domain: string
  readonly path: string
  readonly mediaType: string
  readonly digest: Digest
  /** The bytes that the digest names. */
  readonly manifest: Uint8Array
  /** The image came from there, and did not only go there. */
  readonly pulled?: boolean
  /** The index that named the manifest for this platform, when it was found through one. */
  readonly index?: SizedDigest
}

/**
 * What is known of the plain indexes of layers, by diffID: so none is made, compressed or sent again that is known. Of a layer more than
 * one may be known, as long as publishers say different things of it. A lost entry is a miss.
 */
export interface IndexFormStore {
  /** The newest first. */
  get(diffID: Digest): readonly IndexForm[]
  /** What was known of the same index stays known. */
  add(diffID: Digest, form: IndexForm): Promise<void>
}

/** A plain index, see `makePlainIndex`. */
export interface IndexForm {
  readonly index: SizedDigest
  /** The same compressed, as it was made here or read from a registry. */
  readonly blob?: SizedDigest
  /** True when it was made of the layer itself; else somebody published it. */
  readonly own?: boolean
}

/** Digest and bytes of some content. */
export interface SizedDigest {
  readonly digest: Digest
  readonly size: number
}

/** The bytes are elsewhere: where, the {@link LayerSourceStore} says. */
export interface RemoteBytes {
  readonly kind: 'remote'
  /** Digest of the index file; see `plainRecords`. */
  readonly index: Digest
  readonly source: IndexSource
  /** Contents of small files, by path; those of a `published` index are as trustworthy as it. */
  readonly files: () => ReadonlyMap<string, Uint8Array>
}

/** How an index came here. `read`: made of the layer itself, whose digest was right. `published`: whoever made the image says so. */
export type IndexSource = 'read' | 'published'

/** A layer of which only the index comes into the store. */
export interface RemoteLayer {
  readonly diffID: Digest
  readonly size: number
  /** As `encodeLayerIndex` makes it of {@link plainRecords}; a file lies in a folder of `temp`. */
  readonly index: EncodedIndex
  readonly indexDigest: Digest
  readonly source: IndexSource
  readonly files: ReadonlyMap<string, Uint8Array>
}
