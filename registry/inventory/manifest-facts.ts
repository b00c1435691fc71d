import type { Digest } from '../../shared/base/digest.ts'
import { Recent } from '../../shared/base/recent.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { readReferences, referredDigests } from '../service/references.ts'
import { refersRows } from '../storage/gc-rows.ts'
import { type ManifestRow, manifestRows } from '../storage/rows.ts'
import { sizedDigests } from '../storage/sized-digests.ts'

/** What a manifest is, whatever becomes of its tags. */
export interface ManifestFacts {
  /** Bytes of it and of all that it names, each once. */
  readonly size: number
  /** When it was pushed first; milliseconds since the epoch. */
  readonly at: number
  readonly subject: Digest | undefined
  /** Manifests that it names, and those that they do. */
  readonly below: readonly Digest[]
}

/** Tells of manifests of a repository, many at once; those that are not there are left out. */
export interface ManifestLook {
  find(name: string, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ManifestFacts>>
  /** Of manifests that tags lead to, which therefore are there: what is remembered of them is not looked up. */
  led(name: string, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ManifestFacts>>
}

/** Manifests that are remembered, and how deep indexes are looked into. */
const [mostRemembered, deepest] = [50_000, 4]

interface Known {
  readonly name: string
  readonly facts: ManifestFacts
}

/** What is remembered is never changed: a manifest that is pushed again is the same one, at another time. */
export function createManifestLook(metadata: Pick<RowStore, 'getMany'>): ManifestLook {
  const known = new Recent<Digest, Known>(mostRemembered, ({ facts }) => 1 + facts.below.length)
  const remembered = (name: string, digest: Digest): ManifestFacts | undefined => {
    const one = known.peek(digest)
    return one?.name === name ? one.facts : undefined
  }
  const find: ManifestLook['find'] = async (name, digests) => {
    const found = new Map<Digest, ManifestFacts>()
    const unknown = new Map<Digest, ManifestRow>()
    const learn = (digest: Digest, facts: ManifestFacts): void => {
      known.set(digest, { name, facts })
      found.set(digest, facts)
    }
    for (const [digest, row] of await rowsOf(metadata, name, [...new Set(digests)])) {
      const before = remembered(name, digest)
      if (before?.at === row.at) found.set(digest, before)
      else if (row.content !== undefined) learn(digest, imageFacts(row, row.content))
      else unknown.set(digest, row)
    }
    if (unknown.size > 0) for (const [digest, facts] of await lookInto(metadata, name, unknown)) learn(digest, facts)
    return found
  }
  const led: ManifestLook['led'] = async (name, digests) => {
    const found = new Map<Digest, ManifestFacts>()
    const others = new Set<Digest>()
    for (const digest of digests) {
      const before = remembered(name, digest)
      if (before === undefined) others.add(digest)
      else found.set(digest, before)
    }
    if (others.size > 0) for (const [digest, facts] of await find(name, [...others])) found.set(digest, facts)
    return found
  }
  return { find, led }
}

function imageFacts({ size, at, subject }: ManifestRow, content: number): ManifestFacts {
  return { size: size + content, at, subject, below: [] }
}

async function rowsOf(
  metadata: Pick<RowStore, 'getMany'>,
  name: string,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, ManifestRow>> {
  const keys = digests.map((digest) => manifestRows.key(name, digest))
  const values = await metadata.getMany(keys)
  const rows = new Map<Digest, ManifestRow>()
  digests.forEach((digest, i) => {
    const [key, value] = [keys[i], values[i]]
    const row =
      key === undefined || value === undefined ? undefined : readOrNothing<ManifestRow>(manifestRows, key, value)
    if (row !== undefined) rows.set(digest, row)
  })
  return rows
}

/** Of indexes, and of images of which it is not written down: by what they refer to. */
async function lookInto(
  metadata: Pick<RowStore, 'getMany'>,
  name: string,
  tops: ReadonlyMap<Digest, ManifestRow>,
): Promise<ReadonlyMap<Digest, ManifestFacts>> {
  const references = await referencesBelow(metadata, name, [...tops.keys()])
  const reached = new Map([...tops.keys()].map((digest) => [digest, reachedFrom(digest, references)]))
  const sizes = await sizesBelow(metadata, name, { tops, reached })
  return new Map(
    [...tops].map(([digest, { at, subject }]) => {
      const all = [...(reached.get(digest) ?? [])]
      const size = all.reduce((sum, each) => sum + (sizes.get(each) ?? 0), 0)
      return [digest, { size, at, subject, below: all.filter((each) => each !== digest && references.has(each)) }]
    }),
  )
}

/** What manifests refer to, and what the manifests among that do. */
async function referencesBelow(
  metadata: Pick<RowStore, 'getMany'>,
  name: string,
  tops: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly Digest[]>> {
  const known = new Map<Digest, readonly Digest[]>()
  for (let [front, depth] = [tops, 0]; front.length > 0 && depth < deepest; depth++) {
    const values = await metadata.getMany(front.map((digest) => refersRows.key(name, digest)))
    const next = new Set<Digest>()
    front.forEach((digest, i) => {
      const row = readReferences(name, digest, values[i])
      if (row === undefined) return
      known.set(digest, referredDigests(row))
      for (const child of row.manifests) next.add(child)
    })
    front = [...next].filter((digest) => !known.has(digest))
  }
  return known
}

function reachedFrom(digest: Digest, references: ReadonlyMap<Digest, readonly Digest[]>): ReadonlySet<Digest> {
  const reached = new Set([digest])
  for (const each of reached) for (const next of references.get(each) ?? []) reached.add(next)
  return reached
}

interface Reached {
  readonly tops: ReadonlyMap<Digest, ManifestRow>
  readonly reached: ReadonlyMap<Digest, ReadonlySet<Digest>>
}

async function sizesBelow(
  metadata: Pick<RowStore, 'getMany'>,
  name: string,
  { tops, reached }: Reached,
): Promise<ReadonlyMap<Digest, number>> {
  const others = new Set<Digest>()
  for (const each of reached.values()) for (const digest of each) if (!tops.has(digest)) others.add(digest)
  const places = [...others].map((digest) => ({ name, digest }))
  const sized = places.length === 0 ? [] : await sizedDigests(metadata, places)
  return new Map([
    ...sized.map(({ digest, size }) => [digest, size] as const),
    ...[...tops].map(([digest, { size }]) => [digest, size] as const),
  ])
}
