import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { companionTags } from '../protocol/companion-tags.ts'
import { readReferences, referredDigests } from '../service/references.ts'
import { anyDigest, refersRows, useRows } from '../storage/gc-rows.ts'
import { manifestRows, referrerRows, taggedRows, tagRows } from '../storage/rows.ts'
import { firstOther } from './first-other.ts'
import { subjectOfRow } from './keepers.ts'

/** What is to go from one repository. */
export interface Going {
  readonly name: string
  readonly tags: ReadonlySet<string>
  /** What these tags lead to, and manifests without a tag. */
  readonly digests: ReadonlySet<Digest>
}

/** Digests that are looked at in one repository, and looks that go on at once. */
const [mostLooks, atOnce] = [100_000, 32]

export interface Look {
  readonly removed: ReadonlySet<Digest>
  readonly seen: ReadonlySet<Digest>
}

/** What of a repository goes: each time something does, what it kept is looked at, again too. */
export async function lookAt(metadata: RowStore, going: Going): Promise<Look> {
  const removed = new Set<Digest>()
  const seen = new Set<Digest>(going.digests)
  const tags = new Set(going.tags)
  const [unread] = await metadata.list({ prefix: useRows.prefix(going.name, anyDigest), limit: 1 })
  if (unread !== undefined) return { removed, seen } // which may refer to anything
  for (let front: readonly Digest[] = [...going.digests]; front.length > 0 && seen.size <= mostLooks; ) {
    const manifests = await manifestsAmong(metadata, going.name, front)
    const looked = await inParallel(front, { atOnce }, async (digest) => ({
      digest,
      isKept: await isKept(metadata, { ...going, tags, removed }, { digest, manifest: manifests.get(digest) }),
    }))
    const gone = looked.flatMap(({ digest, isKept: stays }) => (stays ? [] : [digest]))
    for (const digest of gone) removed.add(digest)
    const kept = await keptBy(metadata, going.name, gone)
    for (const tag of kept.tags) tags.add(tag)
    const next = new Set(kept.digests.filter((digest) => !removed.has(digest)))
    for (const digest of next) seen.add(digest)
    front = [...next]
  }
  await addBelow(metadata, going.name, { removed, seen })
  return { removed, seen }
}

/** What is named by something that stays is shared, whoever else has it. */
async function addBelow(
  metadata: RowStore,
  name: string,
  { removed, seen }: { readonly removed: ReadonlySet<Digest>; readonly seen: Set<Digest> },
): Promise<void> {
  const below = new Set([...seen].filter((digest) => !removed.has(digest)))
  for (const digest of below) {
    if (seen.size > mostLooks) return
    seen.add(digest)
    const references = readReferences(name, digest, await metadata.get(refersRows.key(name, digest)))
    for (const each of references === undefined ? [] : referredDigests(references)) below.add(each)
  }
}

/** Rows of those that are manifests. */
async function manifestsAmong(
  metadata: RowStore,
  name: string,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, string>> {
  const values = await metadata.getMany(digests.map((digest) => manifestRows.key(name, digest)))
  return new Map(
    digests.flatMap((digest, i) => {
      const value = values[i]
      return value === undefined ? [] : [[digest, value] as const]
    }),
  )
}

interface Losing extends Pick<Going, 'name' | 'tags'> {
  readonly removed: ReadonlySet<Digest>
}

interface Looked {
  readonly digest: Digest
  /** Its row, where it is a manifest. */
  readonly manifest: string | undefined
}

async function isKept(
  metadata: RowStore,
  { name, tags, removed }: Losing,
  { digest, manifest }: Looked,
): Promise<boolean> {
  const user = await firstOther(metadata, useRows.prefix(name, digest), (each) => removed.has(parseDigest(each)))
  if (user !== undefined) return true
  if (manifest === undefined) return false // no tag leads to a blob, and it is about nothing
  if ((await firstOther(metadata, taggedRows.prefix(name, digest), (tag) => tags.has(tag))) !== undefined) return true
  const subject = await subjectOfRow(metadata, name, { key: manifestRows.key(name, digest), value: manifest })
  return subject !== undefined && !removed.has(subject)
}

interface Kept {
  readonly tags: readonly string[]
  readonly digests: readonly Digest[]
}

/** What these refer to, their referrers, and tags that are about them by their form, with what those lead to. */
async function keptBy(metadata: RowStore, name: string, digests: readonly Digest[]): Promise<Kept> {
  const values = await metadata.getMany(digests.map((digest) => refersRows.key(name, digest)))
  const manifests = digests.filter((_, i) => values[i] !== undefined)
  const referred = digests.flatMap((digest, i) => {
    const references = readReferences(name, digest, values[i])
    return references === undefined ? [] : referredDigests(references)
  })
  const referrers = await inParallel(manifests, { atOnce }, async (digest) => referrersOf(metadata, name, digest))
  const companions = manifests.flatMap(companionTags)
  const keys = companions.map((tag) => tagRows.key(name, tag))
  const led = await metadata.getMany(keys)
  const ledTo = keys.flatMap((key, i) => {
    const value = led[i]
    return value === undefined ? [] : [tagRows.parse(key, value).digest]
  })
  return {
    tags: companions.filter((_, i) => led[i] !== undefined),
    digests: [...referred, ...referrers.flat(), ...ledTo],
  }
}

async function referrersOf(metadata: RowStore, name: string, digest: Digest): Promise<readonly Digest[]> {
  const found: Digest[] = []
  for await (const { key } of eachRow(metadata, referrerRows.prefix(name, digest)))
    found.push(parseDigest(lastPart(key)))
  return found
}
