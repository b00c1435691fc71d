import type { Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import { isTag, type ManifestRef, type RepositoryName } from '../protocol/names.ts'
import type { StoredManifest } from '../service/stored-manifest.ts'
import type { BlobReader } from '../storage/blob-types.ts'
import { forgottenRows, historyRows, tagRows } from '../storage/rows.ts'
import { firstKeys } from './entries.ts'
import { isThere } from './find-tree.ts'
import { TreeFlaw } from './flaw.ts'
import type { Subjects } from './subjects.ts'
import { type Tree, tagsFolder } from './tree.ts'
import { walkRepositories } from './walk-repositories.ts'

/**
 * What an adopted tree has and nobody removed here. Undefined is what it does not have; what is damaged there counts as not
 * there. UNAVAILABLE while the tree itself is gone: nobody is to take that for an answer.
 */
export interface Source {
  /** By a tag only when that was never set here. */
  manifest(name: RepositoryName, ref: ManifestRef): Promise<(StoredManifest & { readonly at: number }) | undefined>
  blob(name: RepositoryName, digest: Digest): Promise<SourceBlob | undefined>
  /** The first tags after one, in byte order, without those that were ever set here. */
  tags(name: RepositoryName, page: SourcePage): Promise<readonly string[]>
  /** Tags, in no order, that lead to the manifest and were never set here. */
  tagsOf(name: RepositoryName, digest: Digest): AsyncGenerator<string>
  /** Repositories with a manifest, in byte order. */
  repositories(after: string): AsyncGenerator<RepositoryName>
  hasManifest(name: RepositoryName): Promise<boolean>
  referrers(name: RepositoryName, subject: Digest): Promise<readonly Descriptor[]>
}

export interface SourceBlob extends BlobReader {
  readonly path: string
  /** When the repository got it; milliseconds since the epoch. */
  readonly at: number
}

export interface SourcePage {
  readonly after: string
  readonly limit: number
}

export interface SourceParts {
  readonly tree: Tree
  readonly metadata: RowStore
  readonly subjects: Subjects
}

/** Referrers of one manifest that are looked at, at most. */
const mostReferrers = 10_000

export function createSource({ tree, metadata, subjects }: SourceParts): Source {
  const isForgotten = async (name: RepositoryName, digest: Digest): Promise<boolean> =>
    (await metadata.get(forgottenRows.key(name, digest))) !== undefined
  const wasSet = async (name: RepositoryName, tag: string): Promise<boolean> =>
    (await metadata.get(tagRows.key(name, tag))) !== undefined ||
    (await metadata.list({ prefix: historyRows.prefix(name, tag), limit: 1 })).length > 0
  /** Nothing found is an answer only while the tree is there. */
  const look = async <T>(work: () => Promise<T | undefined>): Promise<T | undefined> => {
    const found = await unlessFlawed(work)
    if (found === undefined && !(await isThere(tree.root))) throw treeGone()
    return found
  }
  const byDigest: (name: RepositoryName, digest: Digest) => ReturnType<Tree['manifest']> = async (name, digest) =>
    (await isForgotten(name, digest)) ? undefined : look(() => tree.manifest(name, digest))
  const byTag = async (name: RepositoryName, tag: string): ReturnType<Source['manifest']> => {
    if (await wasSet(name, tag)) return undefined
    const link = await look(() => tree.tag(name, tag))
    return link && byDigest(name, link.digest)
  }
  const hasManifest = async (name: RepositoryName): Promise<boolean> => {
    for await (const digest of tree.digests(name, 'manifest')) {
      const link = await unlessFlawed(() => tree.link(name, 'manifest', digest))
      if (link !== undefined && !(await isForgotten(name, digest))) return true
    }
    return false
  }
  const describe = async (name: RepositoryName, digest: Digest): Promise<Descriptor | undefined> => {
    const manifest = await byDigest(name, digest)
    if (manifest === undefined) return undefined
    const { mediaType, bytes } = manifest
    const { artifactType, annotations } = parseManifest(bytes, mediaType)
    return { mediaType, digest, size: bytes.byteLength, ...definedMembers({ artifactType, annotations }) }
  }
  return {
    hasManifest,
    manifest: (name, ref) => ('tag' in ref ? byTag(name, ref.tag) : byDigest(name, ref.digest)),
    blob: async (name, digest) => {
      if (await isForgotten(name, digest)) return undefined
      const link = await look(() => tree.link(name, 'layer', digest))
      const blob = link && (await look(() => tree.blob(link.digest)))
      return blob && { ...blob, at: link.at }
    },
    tags: async (name, { after, limit }) => {
      const folder = { root: tree.root, names: tagsFolder(name) }
      const found: string[] = []
      for (let last = after; found.length < limit; ) {
        const keysOf = (entry: { readonly name: string }): readonly string[] => (isTag(entry.name) ? [entry.name] : [])
        const page = await firstKeys(folder, { after: last, limit, keysOf })
        for (const tag of page) if (!(await wasSet(name, tag))) found.push(tag)
        if (page.length < limit) break
        last = page.at(-1) ?? last
      }
      return found.slice(0, limit)
    },
    tagsOf: async function* (name, digest) {
      for await (const tag of tree.tags(name)) {
        const link = await unlessFlawed(() => tree.tag(name, tag))
        if (link?.digest === digest && !(await wasSet(name, tag))) yield tag
      }
    },
    repositories: async function* (after) {
      for await (const name of walkRepositories(tree.root, { after })) if (await hasManifest(name)) yield name
      if (!(await isThere(tree.root))) throw treeGone()
    },
    referrers: async (name, subject) => {
      const digests = (await subjects.referrers(name, subject)).slice(0, mostReferrers)
      const found: Descriptor[] = []
      for (const digest of digests) {
        const descriptor = await describe(name, digest)
        if (descriptor !== undefined) found.push(descriptor)
      }
      return found
    },
  }
}

/** Of what is damaged the index tells; who asks for it is told that it is not there. */
async function unlessFlawed<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TreeFlaw && error.kind !== 'unreadable') return undefined
    throw error
  }
}

function treeGone(): RegistryError {
  const message = 'the storage that this registry is taking over cannot be read for now'
  return new RegistryError('UNAVAILABLE', message, { headers: { 'Retry-After': '30' } })
}
