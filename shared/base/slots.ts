import { underWay } from '../../shared/base/under-way.ts'

/** Lets so many pieces of work go on at a time; the others wait for their turn, in the order in which they came. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count
  const enter = async (): Promise<void> => {
    if (free > 0) free--
    else await underWay('work waits for its turn', async () => new Promise<void>((resolve) => waiting.push(resolve)))
  }
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return async (work) => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
