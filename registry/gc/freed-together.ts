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
import { chainsTo } from './chains.ts'
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
  /** Some that have what is shared: `REPOSITORY:TAG`, or `REPOSITORY@DIGEST` without one. */
  readonly sharedWith: readonly string[]
}

/** Digests that are looked at in one repository, looks that go on at once, and how many are told that share something. */
const [mostLooks, atOnce, mostTold] = [100_000, 32, 10]

/** What goes when all of these go, with all that they alone keep: what is in several repositories goes when each loses it. */
export async function freedTogether(metadata: RowStore, all: readonly Going[]): Promise<FreedTogether> {
  const looks = new Map<string, Look>()
  for (const going of all) looks.set(going.name, await lookAt(metadata, going))
  const places = new Map<Digest, string>()
  for (const [name, { seen }] of looks) for (const digest of seen) places.set(digest, name)
  const isGoing = (name: string, digest: Digest): boolean => looks.get(name)?.removed.has(digest) === true
  const found = await inParallel([...places], { atOnce }, async ([digest, name]) => {
    const size = await sizeOf(metadata, name, digest)
    const stays = size === 0 ? undefined : await holderThatStays(metadata, { name, digest }, isGoing)
    return { size, stays: stays === undefined ? undefined : { name: stays, digest } }
  })
  const sum = (some: typeof found): number => some.reduce((bytes, { size }) => bytes + size, 0)
  const shared = found.filter(({ stays }) => stays !== undefined)
  const told = shared.flatMap(({ stays }) => stays ?? []).slice(0, mostTold)
  const tagsIn = new Map(all.map(({ name, tags }) => [name, tags]))
  const sharers = await Promise.all(
    told.map(async (place) => sharerOf(metadata, place, tagsIn.get(place.name) ?? new Set())),
  )
  return {
    own: sum(found.filter(({ stays }) => stays === undefined)),
    shared: sum(shared),
    sharedWith: [...new Set(sharers)],
  }
}

interface Place {
  readonly name: string
  readonly digest: Digest
}

/** The first tag that keeps it and does not go. */
async function sharerOf(metadata: RowStore, { name, digest }: Place, going: ReadonlySet<string>): Promise<string> {
  const chains = await chainsTo(metadata, digest, { name, rootOf: () => undefined })
  for (const [top] of chains) if (top?.kind === 'tag' && !going.has(top.tag)) return `${name}:${top.tag}`
  return `${name}@${digest}`
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
  { name: own, digest }: Place,
  isGoing: (name: string, digest: Digest) => boolean,
): Promise<string | undefined> {
  if (!isGoing(own, digest)) return own
  for (const prefix of [linkedRows.prefix(digest), holderRows.prefix(digest)]) {
    for await (const { key } of eachRow(metadata, prefix)) {
      const name = lastPart(key)
      if (!isGoing(name, digest)) return name
    }
  }
  return undefined
}
