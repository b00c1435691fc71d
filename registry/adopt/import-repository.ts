import type { Digest } from '../../shared/base/digest.ts'
import { Recent } from '../../shared/base/recent.ts'
import { parseManifest } from '../protocol/manifest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { TakeOver } from '../service/take-over.ts'
import { TreeFlaw } from './flaw.ts'
import { flawTeller } from './flaw-teller.ts'
import { hasForeignLayers } from './foreign-layers.ts'
import type { Pace } from './pace.ts'
import type { Tree } from './tree.ts'

/** What was found in a tree and is here now; of each repository by itself. */
export interface Counts {
  manifests: number
  tags: number
  blobs: number
  /** Of the blobs. */
  bytes: number
  /** Blobs that were linked to, and copied: each once for all repositories. */
  linked: number
  copied: number
  flaws: number
}

export interface ImportParts {
  readonly tree: Tree
  readonly takeOver: TakeOver
  readonly pace: Pace
  /** Told of what is not as it should be, with its place in the tree: `team/app:1`, `team/app@sha256:...`. */
  readonly onFlaw: (place: string, flaw: TreeFlaw) => Promise<void>
}

export function noCounts(): Counts {
  return { manifests: 0, tags: 0, blobs: 0, bytes: 0, linked: 0, copied: 0, flaws: 0 }
}

/** Blobs that are remembered as taken, so that they are not looked at for each manifest that names them. */
const remembered = 10_000

/**
 * Takes all that a repository of the tree has: each manifest after its blobs, then blobs that no manifest names, then tags.
 * What is damaged is told and left out. What was taken before is found to be so: it can be done again. Errors: those of
 * writing, and the pace's.
 */
export async function importRepository(parts: ImportParts, name: RepositoryName): Promise<Counts> {
  const { tree, takeOver, pace } = parts
  const counts = noCounts()
  const taken = new Recent<Digest, number>(remembered)
  const flaws = flawTeller(parts.onFlaw)

  /** Its size; undefined when the repository does not have it, or deleted it here. */
  const takeBlob = async (digest: Digest): Promise<number | undefined> => {
    const known = taken.get(digest)
    if (known !== undefined) return known
    await pace.rest()
    const link = await tree.link(name, 'layer', digest)
    if (link === undefined) return undefined
    const blob = await tree.blob(link.digest)
    await blob?.close()
    if (blob === undefined) throw new TreeFlaw('missing-bytes', 'its bytes are not there')
    const { path, size } = blob
    const how = await takeOver.blob(name, digest, { path, at: link.at, rest: () => pace.rest() })
    if (how === 'wrong') throw new TreeFlaw('wrong-bytes', 'its bytes have another digest')
    if (how === 'linked' || how === 'copied') counts[how]++
    taken.set(digest, size)
    return size
  }
  const takeNamed = (digest: Digest): Promise<void> =>
    flaws.tell(`${name}@${digest}`, async () => {
      if ((await takeBlob(digest)) === undefined)
        throw new TreeFlaw('missing-bytes', 'a manifest names it, and the repository does not have it')
    })
  const takeManifest = async (digest: Digest): Promise<void> => {
    const manifest = await tree.manifest(name, digest)
    if (manifest === undefined) return // removed there
    for (const blob of parseManifest(manifest.bytes, manifest.mediaType).blobs) await takeNamed(blob.digest)
    await takeOver.manifest(name, manifest)
    counts.manifests++
    if (hasForeignLayers(manifest.bytes))
      throw new TreeFlaw('foreign-layer', 'it has layers that lie elsewhere: clients fetch them from there')
  }
  const takeLayer = async (digest: Digest): Promise<void> => {
    const size = await takeBlob(digest)
    if (size === undefined) return // removed there
    counts.blobs++
    counts.bytes += size
  }
  const takeTag = async (tag: string): Promise<void> => {
    const link = await tree.tag(name, tag)
    if (link === undefined) throw new TreeFlaw('bad-link', 'the tag leads nowhere')
    const manifest = await tree.manifest(name, link.digest)
    const outcome = manifest === undefined ? 'no-manifest' : await takeOver.tag(name, tag, { ...manifest, at: link.at })
    if (outcome === 'no-manifest') throw new TreeFlaw('missing-manifest', 'the manifest of the tag is not here')
    counts.tags++
  }

  for await (const digest of tree.digests(name, 'manifest')) {
    await pace.rest()
    await flaws.tell(`${name}@${digest}`, () => takeManifest(digest))
  }
  for await (const digest of tree.digests(name, 'layer')) await flaws.tell(`${name}@${digest}`, () => takeLayer(digest))
  const strange: string[] = []
  const onStrange = (text: string): void => void (strange.length < mostStrange && strange.push(text))
  for await (const tag of tree.tags(name, onStrange)) {
    await pace.rest()
    await flaws.tell(`${name}:${tag}`, () => takeTag(tag))
  }
  for (const text of strange) {
    await flaws.tell(`${name}:${text}`, () =>
      Promise.reject(new TreeFlaw('bad-name', 'it cannot be the name of a tag')),
    )
  }
  return { ...counts, flaws: flaws.count }
}

/** Names of a repository that are told, at most, of those that can be none. */
const mostStrange = 1000
