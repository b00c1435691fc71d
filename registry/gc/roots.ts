import type { Digest } from '../../shared/base/digest.ts'
import { inTime } from '../../shared/base/in-time.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { Review } from './queue.ts'
import type { GcRoots } from './types.ts'

/** Says which source keeps a digest, if any does; for a purge, of those that do not yield to one. */
export type RootOf = (name: string, digest: Digest, isPurge?: boolean) => string | undefined

/** What the sources of roots say of some reviews, or why nothing may be removed now. */
export type AskedRoots = { readonly rootOf: RootOf } | { readonly failure: string }

/** Asks all sources at once; each has `patience` milliseconds. */
export async function askRoots(
  sources: readonly GcRoots[],
  reviews: readonly Pick<Review, 'name' | 'digest'>[],
  patience: number,
): Promise<AskedRoots> {
  const [found, firm] = [new Map<string, string>(), new Map<string, string>()]
  const byName = Map.groupBy(reviews, ({ name }) => name)
  const note = (source: GcRoots, key: string): void => {
    found.set(key, source.name)
    if (source.yieldsToPurge !== true) firm.set(key, source.name)
  }
  const asked = sources.map(async (source) => {
    const failure = await inTime(
      ask(source, byName, (key) => note(source, key)),
      patience,
      'it did not answer in time',
    )
    return failure === undefined ? [] : [`${source.name}: ${failure}`]
  })
  const [failure] = (await Promise.all(asked)).flat()
  if (failure !== undefined) return { failure: `what else must stay cannot be asked: ${failure}` }
  return { rootOf: (name, digest, isPurge = false) => (isPurge ? firm : found).get(`${name} ${digest}`) }
}

/** Why it failed, if it did. */
async function ask(
  source: GcRoots,
  byName: ReadonlyMap<RepositoryName, readonly Pick<Review, 'digest'>[]>,
  note: (key: string) => void,
): Promise<string | undefined> {
  try {
    for (const [name, reviews] of byName) {
      const kept = await source.keeps(name, [...new Set(reviews.map(({ digest }) => digest))])
      for (const digest of kept) note(`${name} ${digest}`)
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
