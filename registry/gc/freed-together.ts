import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { companionTags } from '../protocol/companion-tags.ts'
import { readReferences, referredDigests } from '../service/references.ts'
import { anyDigest, refersRows, useRows } from '../storage/gc-rows.ts'
import { holderRows, linkedRows, linkRows, manifestRows, referrerRows, taggedRows, tagRows } from '../storage/rows.ts'
import { bytesOfRow } from '../storage/usage-rows.ts'
import { subjectOf } from './keepers.ts'

/** What is to go from one repository. */
export interface Going {
  readonly name: string
  readonly tags: ReadonlySet<string>
  /** What these tags lead to, and manifests without a tag. */
  readonly digests: ReadonlySet<Digest>
}

/** What it frees that several things go, in bytes. */
export interface FreedTogether {
  readonly own: number
  /** Of what they name and what stays, because something else does, too. */
  readonly shared: number
  /** Some of what is shared, and where. */
  readonly stays: readonly { readonly name: string; readonly digest: Digest }[]
}

/** Digests that are looked at in one repository, looks that go on at once, and what is told of what stays. */
const [mostLooks, atOnce, mostStaying] = [100_000, 32, 10]

/** What goes when all of these go, with all that they alone keep: what is in several repositories goes when each loses it. */
export async function freedTogether(metadata: RowStore, all: readonly Going[]): Promise<FreedTogether> {
  const looks = new Map<string, Look>()
  for (const going of all) looks.set(going.name, await lookAt(metadata, going))
  const places = new Map<Digest, string>()
  for (const [name, { seen }] of looks) for (const digest of seen) places.set(digest, name)
  const isGoing = (name: string, digest: Digest): boolean => looks.get(name)?.removed.has(digest) === true
  const found = await inParallel([...places], { atOnce }, async ([digest, name]) => {
    const size = await sizeOf(metadata, name, digest)
    const stays = size === 0 ? undefined : await holderThatStays(metadata, digest, isGoing)
    return { size, stays: stays === undefined ? undefined : { name: stays, digest } }
  })
  const sum = (some: typeof found): number => some.reduce((bytes, { size }) => bytes + size, 0)
  const shared = found.filter(({ stays }) => stays !== undefined)
  return {
    own: sum(found.filter(({ stays }) => stays === undefined)),
    shared: sum(shared),
    stays: shared.flatMap(({ stays }) => stays ?? []).slice(0, mostStaying),
  }
}

interface Look {
  readonly removed: ReadonlySet<Digest>
  readonly seen: ReadonlySet<Digest>
}

/** What of a repository goes: each time something does, what it kept is looked at, again too. */
async function lookAt(metadata: RowStore, going: Going): Promise<Look> {
  const removed = new Set<Digest>()
  const seen = new Set<Digest>(going.digests)
  const tags = new Set(going.tags)
  const [unread] = await metadata.list({ prefix: useRows.prefix(going.name, anyDigest), limit: 1 })
  if (unread !== undefined) return { removed, seen } // which may refer to anything
  for (let front: readonly Digest[] = [...going.digests]; front.length > 0 && seen.size <= mostLooks; ) {
    const looked = await inParallel(front, { atOnce }, async (digest) => ({
      digest,
      isKept: await isKept(metadata, { ...going, tags }, digest, removed),
    }))
    const gone = looked.flatMap(({ digest, isKept: stays }) => (stays ? [] : [digest]))
    for (const digest of gone) removed.add(digest)
    const next = new Set<Digest>()
    for (const kept of await inParallel(gone, { atOnce }, async (digest) => keptBy(metadata, going.name, digest))) {
      for (const tag of kept.tags) tags.add(tag)
      for (const digest of kept.digests) if (!removed.has(digest)) next.add(digest)
    }
    for (const digest of next) seen.add(digest)
    front = [...next]
  }
  return { removed, seen }
}

async function isKept(
  metadata: RowStore,
  { name, tags }: Pick<Going, 'name' | 'tags'>,
  digest: Digest,
  removed: ReadonlySet<Digest>,
): Promise<boolean> {
  for await (const { key } of eachRow(metadata, taggedRows.prefix(name, digest)))
    if (!tags.has(lastPart(key))) return true
  for await (const { key } of eachRow(metadata, useRows.prefix(name, digest)))
    if (!removed.has(parseDigest(lastPart(key)))) return true
  const subject = await subjectOf(metadata, name, digest)
  return subject !== undefined && !removed.has(subject)
}

/** What a manifest refers to, its referrers, and tags that are about it by their form, with what they lead to. */
async function keptBy(
  metadata: RowStore,
  name: string,
  digest: Digest,
): Promise<{ readonly tags: readonly string[]; readonly digests: readonly Digest[] }> {
  const value = await metadata.get(refersRows.key(name, digest))
  const references = readReferences(name, digest, value)
  if (value === undefined) return { tags: [], digests: [] } // a blob
  const digests = references === undefined ? [] : [...referredDigests(references)]
  for await (const { key } of eachRow(metadata, referrerRows.prefix(name, digest)))
    digests.push(parseDigest(lastPart(key)))
  const companions = companionTags(digest)
  const values = await metadata.getMany(companions.map((tag) => tagRows.key(name, tag)))
  const tags = companions.filter((_, i) => values[i] !== undefined)
  companions.forEach((tag, i) => {
    const led = values[i]
    if (led !== undefined) digests.push(tagRows.parse(tagRows.key(name, tag), led).digest)
  })
  return { tags, digests }
}

async function sizeOf(metadata: RowStore, name: string, digest: Digest): Promise<number> {
  const keys = [manifestRows.key(name, digest), linkRows.key(name, digest)] as const
  const [manifest, link] = await metadata.getMany(keys)
  return bytesOfRow(keys[0], manifest) || bytesOfRow(keys[1], link)
}

/** A repository that has it as before. */
async function holderThatStays(
  metadata: RowStore,
  digest: Digest,
  isGoing: (name: string, digest: Digest) => boolean,
): Promise<string | undefined> {
  for (const prefix of [linkedRows.prefix(digest), holderRows.prefix(digest)]) {
    for await (const { key } of eachRow(metadata, prefix)) {
      const name = lastPart(key)
      if (!isGoing(name, digest)) return name
    }
  }
  return undefined
}
