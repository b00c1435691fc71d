import { algorithmOf, type Digest, digestOf } from '../../shared/base/digest.ts'
import { createSlots } from '../../shared/base/slots.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import { type ManifestRef, parseTag, type RepositoryName } from '../protocol/names.ts'
import { manifestRows, tagRows } from '../storage/rows.ts'
import { requireRemovable } from './immutable-content.ts'
import type { Leases } from './leases.ts'
import { createManifestBytes } from './manifest-bytes.ts'
import type { ManifestCaches } from './manifest-caches.ts'
import { carryOut, joinChanges, type ManifestPlan } from './manifest-plan.ts'
import type { Sparse, Stored } from './manifest-rules.ts'
import type { Requester } from './occurrence.ts'
import type { ServiceParts } from './parts.ts'
import { type ManifestPush, planPush } from './push-plan.ts'
import { referencesOf, referredDigests } from './references.ts'
import { planManifestRemoval, planTagRemoval } from './removal-plan.ts'
import { hasRepository, nameUnknown } from './repositories.ts'
import type { StoredManifest } from './stored-manifest.ts'
import type { TagChanger } from './tag-change.ts'
import { pushOf, removalOf, withRows } from './told-plan.ts'
import type { ManifestService, RemoveOptions } from './types.ts'
import { removeUnnamed } from './unused-blobs.ts'

export interface ManifestParts extends ServiceParts, Pick<Stored, 'hasBytes'>, Pick<TagChanger, 'immutableBy'> {
  readonly caches: ManifestCaches
  readonly sparse: Sparse
  readonly leases: Leases
}

/** Tags of one push at most; the specification asks for ten. */
const mostTags = 100
/** Manifests of more bytes than `large` that are read at a time: any number would fill the memory. */
const mostLargeReads = 8
const large = 64 * 1024

/** {@link ManifestService} over a driver and the metadata. */
export function createManifestService(parts: ManifestParts): ManifestService {
  const { metadata, locks, guard, space, quota, tell, caches, sparse, leases } = parts
  const planParts = { metadata, caches }
  const bytesOf = createManifestBytes(parts)
  const inSlot = createSlots(mostLargeReads)
  const read = (digest: Digest, size: number): Promise<Uint8Array> =>
    size > large ? inSlot(() => bytesOf.read(digest, size)) : bytesOf.read(digest, size)

  const peek = (name: RepositoryName, ref: ManifestRef): StoredManifest | undefined => {
    const digest = 'digest' in ref ? ref.digest : caches.tags.peek(tagRows.key(name, ref.tag))
    return digest === undefined ? undefined : caches.manifests.peek(manifestRows.key(name, digest))
  }
  const byDigest = async (name: RepositoryName, digest: Digest): Promise<StoredManifest | undefined> => {
    const key = manifestRows.key(name, digest)
    const stamp = caches.manifests.stampOf(key)
    const value = caches.manifests.peek(key) ?? (await metadata.get(key))
    if (typeof value !== 'string') return value
    const { mediaType, size } = manifestRows.parse(key, value)
    const bytes = await read(digest, size).catch(async (error: unknown) => {
      if ((await metadata.get(key)) === undefined) return undefined // removed since
      throw error
    })
    if (bytes === undefined) return undefined
    const manifest = { digest, mediaType, bytes }
    caches.manifests.fill(key, manifest, stamp)
    return manifest
  }
  const digestOfTag = async (name: RepositoryName, tag: string): Promise<Digest | undefined> => {
    const key = tagRows.key(name, tag)
    const cached = caches.tags.peek(key)
    if (cached !== undefined) return cached
    const stamp = caches.tags.stampOf(key)
    const value = await metadata.get(key)
    if (value === undefined) return undefined
    const { digest } = tagRows.parse(key, value)
    caches.tags.fill(key, digest, stamp)
    return digest
  }
  /** A tag may be moved between the two looks, and what it led to be removed: then it is looked at again. */
  const byTag = async (name: RepositoryName, tag: string): Promise<StoredManifest | undefined> => {
    for (let before: Digest | undefined; ; ) {
      const digest = await digestOfTag(name, tag)
      const manifest = digest === undefined ? undefined : await byDigest(name, digest)
      if (manifest !== undefined || digest === before) return manifest
      before = digest
    }
  }

  const storeManifest = async (push: ManifestPush, by: Requester | undefined): Promise<void> => {
    const { name, manifest, tags } = push
    const { digest, bytes } = manifest
    const told = (plan: ManifestPlan): ManifestPlan => withRows(plan, tell(pushOf(name, manifest, tags), by))
    await locks.share(digest, async () => {
      const first = await planPush(parts, push) // what is refused leaves no bytes
      await bytesOf.store(digest, bytes)
      await carryOut(planParts, async () => told(await planPush(parts, push)), told(first))
    })
  }
  const removeWhole = async (name: RepositoryName, ref: ManifestRef, options: RemoveOptions): Promise<void> => {
    const { by, condition } = options
    const removal = { by: by?.actor, condition }
    const told = async (plan: Promise<ManifestPlan | undefined>): Promise<ManifestPlan> => {
      const found = (await plan) ?? (await fail(name, ref))
      return withRows(found, tell(removalOf(name, found.effects), by))
    }
    if ('tag' in ref) return carryOut(planParts, () => told(planTagRemoval(parts, name, { ...removal, tag: ref.tag })))
    const { digest } = ref
    let isBegun = false
    /** Of one with very many tags these go part by part: what keeps it is looked at before the first and with the last. */
    const plan = async (): Promise<ManifestPlan | undefined> => {
      const found = await planManifestRemoval(parts, name, { ...removal, digest })
      if (found?.change === undefined || (found.isPart === true && isBegun)) return found
      isBegun = true
      const expect = await requireRemovable(parts, name, digest)
      return { ...found, change: joinChanges([found.change, { expect }]) }
    }
    await locks.run(digest, () => carryOut(planParts, () => told(plan())))
    await removeUnnamed(parts, digest)
  }
  /** Bytes that the repository has more with the manifest. */
  const sizeToAdd = async (name: RepositoryName, { digest, bytes }: StoredManifest): Promise<number> =>
    (await metadata.get(manifestRows.key(name, digest))) === undefined ? bytes.byteLength : 0
  const fail = async (name: RepositoryName, ref: ManifestRef): Promise<never> => {
    throw (await hasRepository(metadata, name)) ? manifestUnknown(name, ref) : nameUnknown(name)
  }

  return {
    peek,
    get: async (name, ref) => {
      const manifest = 'digest' in ref ? await byDigest(name, ref.digest) : await byTag(name, ref.tag)
      return manifest ?? fail(name, ref)
    },
    put: async (name, ref, { bytes: given, contentType, tags: more = [], by, condition }) => {
      guard()
      const facts = parseManifest(given, contentType)
      const bytes = new Uint8Array(given) // of its own: it may stay in memory
      const digest = checkedDigest(ref, bytes)
      const tags = checkedTags([...('tag' in ref ? [ref.tag] : []), ...more])
      await leases.takeAll(name, [digest, ...referredDigests(referencesOf(facts))])
      await space.check(bytes.byteLength)
      const manifest = { digest, mediaType: facts.mediaType, bytes }
      const push = { name, ref, manifest, facts, tags, sparse, condition, by: by?.actor }
      await quota.during(name, await sizeToAdd(name, manifest), () => storeManifest(push, by))
      return { digest, subject: facts.subject?.digest }
    },
    remove: async (name, ref, options = {}) => {
      guard()
      await removeWhole(name, ref, options)
    },
  }
}

/** The digest by which the manifest is known from now on: that of the reference, of whichever algorithm, must be right. */
function checkedDigest(ref: ManifestRef, bytes: Uint8Array): Digest {
  if ('tag' in ref) return digestOf(bytes)
  const found = digestOf(bytes, algorithmOf(ref.digest))
  if (found === ref.digest) return found
  throw new RegistryError('DIGEST_INVALID', `the manifest has another digest: ${found}`, {
    detail: { expected: ref.digest, found },
  })
}

function checkedTags(texts: readonly string[]): string[] {
  const tags = [...new Set(texts.map(parseTag))]
  if (tags.length <= mostTags) return tags
  throw new RegistryError('TAG_INVALID', `more than ${mostTags} tags for one manifest`, { status: 414 })
}

function manifestUnknown(name: RepositoryName, ref: ManifestRef): RegistryError {
  const what = 'tag' in ref ? `tag ${ref.tag}` : `manifest ${ref.digest}`
  return new RegistryError('MANIFEST_UNKNOWN', `${name} has no ${what}`, { detail: ref })
}
