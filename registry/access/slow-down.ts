import { Recent } from '../../shared/base/recent.ts'

/** Slows down who guesses passwords. A try counts as wrong from its beginning on, so many at once are no way around. */
export interface SlowDown {
  /** A try of a name from a network, or how many milliseconds must pass before there may be one. */
  readonly begin: (name: string, network: string) => Try | number
}

export interface Try {
  /** The password was checked. */
  readonly end: (isRight: boolean) => void
}

interface Count {
  failures: number
  /** Milliseconds of the clock. */
  lastAt: number
}

/** Wrong passwords before the first wait. */
const free = { pair: 5, pairOfAttacked: 1, network: 50 }
/** Wrong passwords for one name, from wherever, after which it counts as attacked. */
const attacked = 100
const [firstWait, longestWait] = [1000, 60_000]
/** Without a wrong password for so long, those before are forgotten. */
const memory = 15 * 60_000
/** Of each kind; who was not seen for longest is forgotten first. */
const mostCounts = 10_000

/**
 * Counts for each name from each network, for each network, and for each name. The first two make wait, twice as long after
 * each wrong password, a minute at most. The last makes nobody wait: it only takes away, for that name, the tries that every
 * network has for free, but for one. So who knows the password gets in at his first try from a network where nobody else
 * guesses, however many guess elsewhere. A right password forgets the wrong ones of its name, not those of the network.
 *
 * `now` is a clock that nobody sets, in milliseconds.
 */
export function createSlowDown(now: () => number): SlowDown {
  const [pairs, networks, names] = [counts(), counts(), counts()]
  function counts(): Recent<string, Count> {
    return new Recent(mostCounts)
  }
  const failuresOf = (table: Recent<string, Count>, key: string): Count => {
    const known = table.get(key)
    return known !== undefined && now() - known.lastAt < memory ? known : { failures: 0, lastAt: 0 }
  }
  /** From now on it has so many failures more, and waits begin. */
  const add = (table: Recent<string, Count>, key: string, failures: number): void =>
    table.set(key, { failures: failuresOf(table, key).failures + failures, lastAt: now() })
  return {
    begin(name, network) {
      const pair = `${network}\n${name}`
      const isAttacked = failuresOf(names, name).failures >= attacked
      const wait = Math.max(
        waitOf(failuresOf(pairs, pair), isAttacked ? free.pairOfAttacked : free.pair),
        waitOf(failuresOf(networks, network), free.network),
      )
      if (wait > 0) return wait
      add(pairs, pair, 1)
      add(networks, network, 1)
      add(names, name, 1)
      return {
        end(isRight) {
          add(networks, network, isRight ? -1 : 0)
          if (!isRight) return add(pairs, pair, 0)
          pairs.delete(pair)
          names.delete(name)
        },
      }
    },
  }

  function waitOf({ failures, lastAt }: Count, allowed: number): number {
    if (failures < allowed) return 0
    return Math.max(0, lastAt + Math.min(firstWait * 2 ** (failures - allowed), longestWait) - now())
  }
}
