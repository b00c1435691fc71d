import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { readReferences, referredDigests } from '../service/references.ts'
import { refersRows, useRows } from '../storage/gc-rows.ts'
import { holderRows, linkedRows, referrerRows, taggedRows } from '../storage/rows.ts'
import { sizedDigests } from '../storage/sized-digests.ts'
import { subjectOf } from './keepers.ts'

/** What it frees that something goes, in bytes. */
export interface FreedBytes {
  /** Of what goes with it. */
  readonly own: number
  /** Of what it refers to and what stays, because something else does, too, or another repository has it. */
  readonly shared: number
  /** True when there was more than is looked at: then it is these at least. */
  readonly isMore: boolean
}

/** Digests that are looked at. */
const mostLooks = 20_000
/** Manifests that refer to one digest and are looked at. */
const mostUsers = 200

/** What goes when a manifest or a blob is taken from a repository, with the tags of that manifest and all that it alone keeps. */
export async function freedBytes(metadata: RowStore, name: string, digest: Digest): Promise<FreedBytes> {
  const repository = inRepository(metadata, name)
  const removed = new Set<Digest>([digest])
  const seen = new Set<Digest>([digest])
  const waiting = [...(await repository.keptBy(digest))]
  for (let i = 0; i < waiting.length && i < mostLooks; i++) {
    const each = waiting[i]
    if (each === undefined || removed.has(each)) continue
    seen.add(each)
    if (await repository.isKeptByOthers(each, removed)) continue
    removed.add(each)
    waiting.push(...(await repository.keptBy(each)))
  }
  let [own, shared] = [0, 0]
  for (const each of seen) {
    const size = await repository.size(each)
    if (removed.has(each) && !(await repository.isElsewhere(each))) own += size
    else shared += size
  }
  return { own, shared, isMore: waiting.length > mostLooks }
}

interface InRepository {
  /** What a manifest refers to, and its referrers. */
  readonly keptBy: (digest: Digest) => Promise<readonly Digest[]>
  readonly isKeptByOthers: (digest: Digest, removed: ReadonlySet<Digest>) => Promise<boolean>
  readonly size: (digest: Digest) => Promise<number>
  readonly isElsewhere: (digest: Digest) => Promise<boolean>
}

function inRepository(metadata: RowStore, name: string): InRepository {
  const lastParts = async (prefix: string, limit: number): Promise<string[]> =>
    (await metadata.list({ prefix, limit })).map(({ key }) => lastPart(key))
  return {
    keptBy: async (digest) => {
      const references = readReferences(name, digest, await metadata.get(refersRows.key(name, digest)))
      const referrers = await lastParts(referrerRows.prefix(name, digest), mostUsers)
      return [...(references === undefined ? [] : referredDigests(references)), ...referrers.map(parseDigest)]
    },
    isKeptByOthers: async (digest, removed) => {
      if ((await lastParts(taggedRows.prefix(name, digest), 1)).length > 0) return true
      const users = await lastParts(useRows.prefix(name, digest), mostUsers)
      if (users.length === mostUsers || users.some((user) => !removed.has(parseDigest(user)))) return true
      const subject = await subjectOf(metadata, name, digest)
      return subject !== undefined && !removed.has(subject)
    },
    size: async (digest) => (await sizedDigests(metadata, [{ name, digest }]))[0]?.size ?? 0,
    isElsewhere: async (digest) => {
      const names = [
        ...(await lastParts(linkedRows.prefix(digest), 2)),
        ...(await lastParts(holderRows.prefix(digest), 2)),
      ]
      return names.some((each) => each !== name)
    },
  }
}
