import { indexTypes, listAnnotations } from '../../../shared/oci/layer-indexes.ts'
import type { CallOptions, RemoteRepository } from '../types.ts'
import { type TreeManifest, treeManifest } from './manifest-tree.ts'

/** Anybody can say that something refers to an image: so many are looked at for the one that its manifest names. */
const mostTried = 8

/**
 * The published layer indexes of the images of a tree that are not in it: of each image whose annotations name a list, the artifact
 * that keeps this list. Images without cost no request. Errors: those of the registry.
 */
export async function layerIndexesOf(
  repository: RemoteRepository,
  tree: readonly TreeManifest[],
  options: CallOptions,
): Promise<TreeManifest[]> {
  const known = new Set(tree.map(({ manifest }) => manifest.digest))
  const found: TreeManifest[] = []
  for (const image of tree) {
    const artifact = await artifactOf(repository, image, options)
    if (artifact !== undefined && !known.has(artifact.manifest.digest)) found.push(artifact)
  }
  return found
}

async function artifactOf(
  repository: RemoteRepository,
  { manifest, facts }: TreeManifest,
  { signal }: CallOptions,
): Promise<TreeManifest | undefined> {
  const list = facts.annotations?.[listAnnotations.digest]
  if (list === undefined) return undefined
  const artifactType = indexTypes.artifact
  let tried = 0
  for await (const { digest } of repository.referrers(manifest.digest, { artifactType, signal })) {
    if (tried++ === mostTried) break
    const artifact = await repository.manifest(digest, { signal })
    const tree = artifact && treeManifest(artifact)
    if (tree !== undefined && keeps(tree, list)) return tree
  }
  return undefined
}

/** True for what names that list, and nothing but layer indexes beside it. */
function keeps({ facts }: TreeManifest, list: string): boolean {
  const types: readonly string[] = [indexTypes.list, indexTypes.index]
  return (
    facts.blobs.some(({ digest, mediaType }) => digest === list && mediaType === indexTypes.list) &&
    facts.blobs.every(({ mediaType }) => types.includes(mediaType)) &&
    facts.manifests.length === 0
  )
}
