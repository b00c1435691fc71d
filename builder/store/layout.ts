import path from 'node:path'
import { type Digest, digestOf, hexOf, isDigest } from '../../shared/base/digest.ts'

/**
 * What lies where in the data folder; the only place that knows.
 *
 * ```
 * ibuild-store.json              {"format":1}: written last when the folder is made
 * oci-layout  index.json         OCI image layout; index.json is derived from tags/
 * blobs/sha256/<hex>             manifests, configs, and the tars of durable layers (second names of layers/<diffID>/tar)
 * images/<image ID>.<manifest>   empty; its presence is the image
 * tags/<sha256 of the name>      {"name":..., "manifest":...}
 * containers/<name>              {"version":1,"name":...,"manifest":...,"imageID":...,"layer"?:<diffID>,...}
 * layers/<diffID>/meta.json      {"version":1,"size":...,"boot":...,"chainID"?:...}
 *                 index          the layer index
 *                 tar            the bytes, unless they are the snapshot of chainID
 *                 durable        empty; made after all of the above was synced
 * remote/<diffID>/meta.json      {"version":1,"size":...,"boot":...,"index":<digest>,"source":"read"|"published"}: a layer whose
 *                                bytes are elsewhere; what layers/<diffID> has goes before it
 *                 index          the layer index, without places in a tar; its digest is the one in meta.json
 *                 files.json     {"version":1,"files":{<path>:<base64>}}: contents of a few small files, if any
 *                 durable        as above
 * snapshots/<chainID>            mark: {"version":1,"id":...,"boot":...,"diffID":...}
 * snapshots/<chainID>.<id>       empty; made after s/<id> was synced
 * s/<id>/                        the extracted layer; short, because 127 of these paths share one page of mount options
 * compressed/<diffID>.<format>-<level>  {"version":1,"name":...,"digest":...,"size":...}: that layer as a compressed blob
 * sources/<diffID>               {"version":1,"name":...,"entries":[...]}: where registries have that layer
 * origins/<image ID>             the same for the manifests of that image
 * indexes/<diffID>               the same for what is known of the plain index of that layer
 * records/<2 hex>/<hex>          build cache
 * steps/journal                  names of steps and the keys of their records, in the order in which they were made
 * listings/<hex>                 texts behind digests in keys, to say what in them changed
 * record-secret                  random key for digests of secrets in keys; for its owner only
 * context/<hex>                  hashes of the files of a context, see builder/context/hash-cache-file.ts; made by builds
 * tmp/<process>/...              work in progress; removed when the process is dead
 * locks/<name>/                  see shared/cas/lock.ts
 * registry/, notary/             what servers that serve this folder keep; the builder leaves them alone
 * trust/, retention/             what is remembered of trusted collections, and of policies of retention; not the builder's either
 * ```
 *
 * What is not marked durable is trusted only in the boot that made it: then the page cache holds it, whatever was killed.
 */
export interface Layout {
  readonly root: string
  readonly formatFile: string
  readonly ociLayoutFile: string
  readonly ociIndexFile: string
  readonly blobs: string
  readonly images: string
  readonly tags: string
  readonly containers: string
  readonly layers: string
  readonly remoteLayers: string
  readonly snapshotMarks: string
  readonly snapshots: string
  readonly compressed: string
  readonly sources: string
  readonly origins: string
  readonly indexForms: string
  readonly records: string
  readonly steps: string
  readonly listings: string
  readonly secretFile: string
  readonly contexts: string
  readonly temporary: string
  readonly locks: string
  /** A folder for each step that was carried out since garbage was last collected. */
  readonly stepLocks: string
  /** What others keep in the data folder: `.cache` is there where it is also the home of who serves it. */
  readonly others: readonly string[]
}

export function layoutOf(root: string): Layout {
  const at = (name: string): string => path.join(root, name)
  return {
    root,
    formatFile: at('ibuild-store.json'),
    ociLayoutFile: at('oci-layout'),
    ociIndexFile: at('index.json'),
    blobs: at('blobs'),
    images: at('images'),
    tags: at('tags'),
    containers: at('containers'),
    layers: at('layers'),
    remoteLayers: at('remote'),
    snapshotMarks: at('snapshots'),
    snapshots: at('s'),
    compressed: at('compressed'),
    sources: at('sources'),
    origins: at('origins'),
    indexForms: at('indexes'),
    records: at('records'),
    steps: at('steps'),
    listings: at('listings'),
    secretFile: at('record-secret'),
    contexts: at('context'),
    temporary: at('tmp'),
    locks: at('locks'),
    stepLocks: at('locks/steps'),
    others: ['registry', 'notary', 'trust', 'retention', '.cache'].map(at),
  }
}

/** All folders of a store, parents first. */
export function foldersOf(layout: Layout): string[] {
  const { temporary, blobs, images, tags, containers, layers, snapshotMarks, snapshots } = layout
  const { remoteLayers, sources, compressed, records, steps, locks } = layout
  const algorithms = ['sha256', 'sha512'].map((name) => path.join(blobs, name))
  return [
    temporary,
    blobs,
    ...algorithms,
    images,
    tags,
    containers,
    layers,
    remoteLayers,
    sources,
    snapshotMarks,
    snapshots,
    compressed,
    records,
    steps,
    locks,
  ]
}

/** A file of a layer whose bytes are elsewhere. */
export function remoteLayerFile(layout: Layout, diffID: Digest, name: string): string {
  return path.join(layout.remoteLayers, fileNameOf(diffID), name)
}

/** A digest as a file name: sha256 is its hex alone. */
export function fileNameOf(digest: Digest): string {
  return digest.startsWith('sha256:') ? hexOf(digest) : digest.replace(':', '-')
}

/** The digest that a file name stands for, or undefined. */
export function digestOfFileName(name: string): Digest | undefined {
  const text = name.startsWith('sha512-') ? name.replace('-', ':') : `sha256:${name}`
  return isDigest(text) ? text : undefined
}

/** A short file name for text of any length. */
export function hashedFileName(text: string): string {
  return hexOf(digestOf(text))
}
