import { algorithmOf, type Digest, digestOf, hexOf, isDigest } from '../../shared/base/digest.ts'
import { mostManifestBytes } from '../protocol/manifest.ts'
import { isTag, parseTag, type RepositoryName } from '../protocol/names.ts'
import type { StoredManifest } from '../service/stored-manifest.ts'
import type { BlobReader } from '../storage/blob-types.ts'
import { foldersIn, type TreeFolder } from './entries.ts'
import { TreeFlaw } from './flaw.ts'
import { mediaTypeOf } from './media-type.ts'
import { openInside, type TreeFile } from './tree-files.ts'

/** What a link file of distribution leads to. */
export interface TreeLink {
  /** What it holds: the digest under which the bytes lie, which need not be the one that the link is named by. */
  readonly digest: Digest
  /** When it was written, in milliseconds since the epoch. */
  readonly at: number
}

/** A file with the bytes of a blob, which its user closes. */
export interface TreeBlob extends BlobReader {
  readonly path: string
}

/** Where something is linked within a repository. */
export type LinkKind = 'layer' | 'manifest'

/**
 * The storage of a distribution registry, read and never written: `root` is its folder `docker/registry/v2`, an absolute path
 * without links. Names and digests were parsed before they come here. Undefined is what is not there; what is there and not as
 * it should be is a {@link TreeFlaw}.
 */
export interface Tree {
  readonly root: string
  link(name: RepositoryName, kind: LinkKind, digest: Digest): Promise<TreeLink | undefined>
  tag(name: RepositoryName, tag: string): Promise<TreeLink | undefined>
  /** A manifest that the repository has, read and verified. */
  manifest(name: RepositoryName, digest: Digest): Promise<(StoredManifest & { readonly at: number }) | undefined>
  /** The bytes under the digest that a link holds. */
  blob(digest: Digest): Promise<TreeBlob | undefined>
  /** Digests that links are named by, in no order; those of links that were removed among them. */
  digests(name: RepositoryName, kind: LinkKind): AsyncGenerator<Digest>
  /** Names of folders of tags, in no order; `onStrange` is told of those that are no tags. */
  tags(name: RepositoryName, onStrange?: (text: string) => void): AsyncGenerator<string>
}

/** Longer than any digest. */
const longestLink = 256
const algorithms = ['sha256', 'sha512'] as const
const folders = { layer: ['_layers'], manifest: ['_manifests', 'revisions'] } as const

export function openTree(root: string): Tree {
  const link: Tree['link'] = (name, kind, digest) =>
    readLink(root, [...linkFolder(name, kind, algorithmOf(digest)).names, hexOf(digest), 'link'])
  const blob: Tree['blob'] = async (digest) => {
    const hex = hexOf(digest)
    const file = await openInside(root, ['blobs', algorithmOf(digest), hex.slice(0, 2), hex, 'data'], 'file')
    return file && blobOf(file)
  }
  const linkFolder = (name: RepositoryName, kind: LinkKind, algorithm: string): TreeFolder => ({
    root,
    names: ['repositories', ...name.split('/'), ...folders[kind], algorithm],
  })
  return {
    root,
    link,
    blob,
    tag: (name, tag) => readLink(root, [...tagsFolder(name), parseTag(tag), 'current', 'link']),
    manifest: async (name, digest) => {
      const found = await link(name, 'manifest', digest)
      if (found === undefined) return undefined
      const bytes = await readManifest(await blob(found.digest), digest)
      return { digest, mediaType: mediaTypeOf(bytes), bytes, at: found.at }
    },
    digests: async function* (name, kind) {
      for (const algorithm of algorithms) {
        for await (const entry of foldersIn(linkFolder(name, kind, algorithm))) {
          const digest = `${algorithm}:${entry.name}`
          if (isDigest(digest)) yield digest
        }
      }
    },
    tags: async function* (name, onStrange) {
      for await (const entry of foldersIn({ root, names: tagsFolder(name) })) {
        if (isTag(entry.name)) yield entry.name
        else onStrange?.(entry.name)
      }
    },
  }
}

/** The folder in which each tag of a repository has its own, as names below the tree. */
export function tagsFolder(name: RepositoryName): readonly string[] {
  return ['repositories', ...name.split('/'), '_manifests', 'tags']
}

async function readLink(root: string, names: readonly string[]): Promise<TreeLink | undefined> {
  const file = await openInside(root, names, 'file')
  if (file === undefined) return undefined
  try {
    const buffer = Buffer.alloc(longestLink)
    const { bytesRead } = await file.handle.read(buffer, 0, longestLink, 0)
    const text = buffer.toString('latin1', 0, bytesRead)
    if (text === '') throw new TreeFlaw('empty-link', 'the link file is empty, as a crash leaves one')
    if (!isDigest(text)) throw new TreeFlaw('bad-link', 'the link file holds no digest')
    return { digest: text, at: file.at }
  } finally {
    await file.handle.close()
  }
}

function blobOf({ handle, size, path }: TreeFile): TreeBlob {
  return {
    path,
    size,
    read: async (target, position) => (await handle.read(target, 0, target.byteLength, position)).bytesRead,
    close: () => handle.close(),
  }
}

async function readManifest(blob: TreeBlob | undefined, digest: Digest): Promise<Uint8Array> {
  if (blob === undefined) throw new TreeFlaw('missing-bytes', 'its bytes are not there')
  try {
    if (blob.size > mostManifestBytes) throw new TreeFlaw('not-taken', `it has more than ${mostManifestBytes} bytes`)
    const bytes = new Uint8Array(blob.size)
    const count = await blob.read(bytes, 0)
    if (count === blob.size && digestOf(bytes, algorithmOf(digest)) === digest) return bytes
  } finally {
    await blob.close()
  }
  throw new TreeFlaw('wrong-bytes', 'its bytes have another digest')
}
