import { setTimeout as sleep } from 'node:timers/promises'
import type { SweepParts } from './sweep-types.ts'

/** Calls to the stores that a collection has under way at most: those of clients find threads that are free. */
const atOnce = 2
/** Milliseconds that one call waits at most while clients have something written: with many of them it is collected all the same. */
const patience = 3
/** Milliseconds for which it is remembered that they had. */
const lately = 1000

/** Work that lets clients go first. */
export interface Paced {
  /** The same parts; each call to the stores waits until nobody has something pushed or deleted, for a moment at most. */
  readonly parts: SweepParts
  /** True when such a call found that somebody had, just now or a moment ago. */
  readonly isAmongClients: () => boolean
}

export function paced(given: SweepParts): Paced {
  const { metadata, driver, isAsked, elapsed } = given
  let askedAt = Number.NEGATIVE_INFINITY
  const look = (): boolean => {
    const isSo = isAsked()
    if (isSo) askedAt = elapsed()
    return isSo
  }
  const run = createPace(look)
  const parts: SweepParts = {
    ...given,
    metadata: {
      ...metadata,
      list: (range) => run(() => metadata.list(range)),
      getMany: (keys) => run(() => metadata.getMany(keys)),
    },
    driver: { ...driver, remove: (digest) => run(() => driver.remove(digest)) },
  }
  return { parts, isAmongClients: () => elapsed() - askedAt < lately }
}

function createPace(isAsked: () => boolean): <T>(work: () => Promise<T>) => Promise<T> {
  let free = atOnce
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      for (let waited = 0; isAsked() && waited < patience; waited++) await sleep(1)
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
