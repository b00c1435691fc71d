import type { Digest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { holderRows, linkedRows } from '../storage/rows.ts'
import { type Place, type Sized, sizedDigests } from '../storage/sized-digests.ts'
import { chainsTo } from './chains.ts'
import { firstOther } from './first-other.ts'
import { type Going, type Look, lookAt } from './freed-look.ts'

/** What it frees that several things go, in bytes. */
export interface FreedTogether {
  readonly own: number
  /** Of what they name and what stays, because something else does, too. */
  readonly shared: number
  /** Some that have what is shared: `REPOSITORY:TAG`, or `REPOSITORY@DIGEST` without one. */
  readonly sharedWith: readonly string[]
}

/** Looks that go on at once, and how many are told that share something. */
const [atOnce, mostTold] = [32, 10]

/** What goes when all of these go, with all that they alone keep: what is in several repositories goes when each loses it. */
export async function freedTogether(metadata: RowStore, all: readonly Going[]): Promise<FreedTogether> {
  const looks = new Map<string, Look>()
  for (const going of all) looks.set(going.name, await lookAt(metadata, going))
  const places = new Map<Digest, string>()
  for (const [name, { seen }] of looks) for (const digest of seen) places.set(digest, name)
  const isGoing = (name: string, digest: Digest): boolean => looks.get(name)?.removed.has(digest) === true
  const sized = await sizedDigests(
    metadata,
    [...places].map(([digest, name]) => ({ name, digest })),
  )
  const found = await inParallel(sized, { atOnce }, async (place) => {
    const stays = place.size === 0 ? undefined : await holderThatStays(metadata, place, isGoing)
    return { size: place.size, stays: stays === undefined ? undefined : { name: stays, digest: place.digest } }
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

/** The first tag that keeps it and does not go. */
async function sharerOf(metadata: RowStore, { name, digest }: Place, going: ReadonlySet<string>): Promise<string> {
  const chains = await chainsTo(metadata, digest, { name, rootOf: () => undefined })
  for (const [top] of chains) if (top?.kind === 'tag' && !going.has(top.tag)) return `${name}:${top.tag}`
  return `${name}@${digest}`
}

/** A repository that has it as before, as what it is here. */
async function holderThatStays(
  metadata: RowStore,
  { name: own, digest, isManifest, isBlob }: Sized,
  isGoing: (name: string, digest: Digest) => boolean,
): Promise<string | undefined> {
  if (!isGoing(own, digest)) return own
  const prefixes = [...(isManifest ? [holderRows.prefix(digest)] : []), ...(isBlob ? [linkedRows.prefix(digest)] : [])]
  for (const prefix of prefixes) {
    const stays = await firstOther(metadata, prefix, (name) => isGoing(name, digest))
    if (stays !== undefined) return stays
  }
  return undefined
}
