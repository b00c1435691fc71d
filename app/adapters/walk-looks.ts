import { performance } from 'node:perf_hooks'

/** Looks for walks over all repositories of a source, which would otherwise be made anew for each of them. */
export interface WalkLooks<T> {
  /** Begins a walk, with a look of its own. Each needs its {@link end}. */
  readonly begin: () => Promise<T>
  readonly end: () => void
  /** While a walk is under way what was last looked at, up to ten seconds ago; else what is there now. */
  readonly look: () => Promise<T>
}

const longestLife = 10_000

/** `fresh` makes looks; `clock` is in milliseconds. */
export function createWalkLooks<T>(
  fresh: () => Promise<T>,
  clock: () => number = () => performance.now(),
): WalkLooks<T> {
  let walks = 0
  let last: { readonly at: number; readonly seen: T } | undefined
  const lookNow = async (): Promise<T> => {
    const at = clock()
    const seen = await fresh()
    if (walks > 0) last = { at, seen }
    return seen
  }
  const end = (): void => {
    walks--
    if (walks === 0) last = undefined
  }
  const begin = async (): Promise<T> => {
    walks++
    try {
      return await lookNow()
    } catch (error) {
      end()
      throw error
    }
  }
  return {
    begin,
    end,
    look: async () => (last !== undefined && clock() - last.at < longestLife ? last.seen : lookNow()),
  }
}
