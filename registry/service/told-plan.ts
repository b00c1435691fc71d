import type { Appended } from '../../shared/rows/row-store.ts'
import type { CacheEffects } from './manifest-caches.ts'
import type { ManifestPlan } from './manifest-plan.ts'
import type { Occurrence } from './occurrence.ts'
import type { StoredManifest } from './stored-manifest.ts'

/** The plan with these rows in its change, which tell of it. A push that changes nothing is told of, too. */
export function withRows(plan: ManifestPlan, append: readonly Appended[]): ManifestPlan {
  return append.length === 0 ? plan : { ...plan, change: { ...plan.change, append } }
}

/** A manifest that is pushed under each of these tags, or under none. */
export function pushOf(
  name: string,
  { digest, mediaType, bytes }: StoredManifest,
  tags: readonly string[],
): readonly Occurrence[] {
  const push = { action: 'push', kind: 'manifest', name, digest, mediaType, size: bytes.byteLength, bytes } as const
  return tags.length === 0 ? [push] : tags.map((tag) => ({ ...push, tag }))
}

/** What a plan takes away: a manifest, tags, or both. */
export function removalOf(name: string, { digest, tags }: CacheEffects): readonly Occurrence[] {
  const removal = { action: 'delete', kind: 'manifest', name } as const
  return [...(digest === undefined ? [] : [{ ...removal, digest }]), ...tags.map((tag) => ({ ...removal, tag }))]
}
