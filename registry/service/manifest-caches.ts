import type { Digest } from '../../shared/base/digest.ts'
import { manifestRows, tagRows } from '../storage/rows.ts'
import { CoherentCache } from './coherent-cache.ts'
import type { StoredManifest } from './stored-manifest.ts'

/** What tags lead to, and manifests with their bytes, by the keys of their rows. */
export interface ManifestCaches {
  readonly tags: CoherentCache<Digest>
  readonly manifests: CoherentCache<StoredManifest>
}

const mebibyte = 1024 * 1024

export function createManifestCaches(): ManifestCaches {
  return {
    tags: new CoherentCache(16 * mebibyte, (digest) => digest.length),
    manifests: new CoherentCache(64 * mebibyte, ({ bytes }) => bytes.byteLength),
  }
}

/** What a change does to what the caches hold. */
export interface CacheEffects {
  readonly name: string
  /** Tags that are moved or removed. */
  readonly tags: readonly string[]
  readonly digest?: Digest | undefined
  /** What the digest and the tags lead to afterwards; nothing where they are gone. */
  readonly stored?: StoredManifest | undefined
}

/** Tells the caches of a change before it is made; call the result with whether it was. */
export function announce(
  caches: ManifestCaches,
  { name, tags, digest, stored }: CacheEffects,
): (isMade: boolean) => void {
  const tagKeys = tags.map((tag) => tagRows.key(name, tag))
  const manifestKeys = digest === undefined ? [] : [manifestRows.key(name, digest)]
  const endTags = caches.tags.write(tagKeys)
  const endManifests = caches.manifests.write(manifestKeys)
  return (isMade) => {
    const kept = isMade ? stored : undefined
    endTags(kept && new Map(tagKeys.map((key) => [key, kept.digest])))
    endManifests(kept && new Map(manifestKeys.map((key) => [key, kept])))
  }
}
