import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import type { BlobDriver, UploadBytes } from '../../storage/blob-types.ts'

/** What goes on at once, and what is wrong when all of it has ended. */
export interface Scenario {
  readonly actors: Readonly<Record<string, () => Promise<unknown>>>
  readonly check: () => Promise<readonly string[]>
  readonly end: () => Promise<void>
}

/** Stores whose calls wait for their turn. */
export interface Stores {
  readonly driver: BlobDriver
  readonly metadata: RowStore
}

export interface Explored {
  /** How many orders were tried. */
  readonly orders: number
  /** What was wrong, with the order in which the actors had their turns. */
  readonly failures: readonly string[]
}

export interface ExploreOptions {
  /** How often an actor that could go on has to wait for another; without it any number of times. */
  readonly switches?: number
  /** Ends with the first order in which something is wrong. */
  readonly isFirstEnough?: boolean
}

interface Waiting {
  readonly actor: string
  readonly go: () => void
}

/** Which of those that wait had the turn, and who else could have had it. */
interface Turn {
  readonly chosen: number
  readonly options: readonly number[]
}

/**
 * Tries, one after the other, all orders in which calls of some actors can come to the stores: at its start and before each call the
 * actor waits, and when nothing moves any more one of those that wait goes on. The same choices lead to the same order, so each way not gone
 * yet is gone by making other choices. With `switches` only some of the orders are tried: most mistakes need few of them.
 */
export async function explore(
  make: (gated: (stores: Stores) => Stores) => Promise<Scenario>,
  { switches = Number.POSITIVE_INFINITY, isFirstEnough = false }: ExploreOptions = {},
): Promise<Explored> {
  const failures: string[] = []
  let orders = 0
  for (let choices: readonly number[] | undefined = []; choices !== undefined; ) {
    const { turns, told } = await runOnce(make, choices, switches)
    orders++
    failures.push(...told)
    choices = isFirstEnough && told.length > 0 ? undefined : nextChoices(turns)
  }
  return { orders, failures }
}

/** The last turn at which somebody else can still be chosen, and all before it as they were. */
function nextChoices(turns: readonly Turn[]): readonly number[] | undefined {
  for (let i = turns.length - 1; i >= 0; i--) {
    const { chosen = 0, options = [] } = turns[i] ?? {}
    const next = options[options.indexOf(chosen) + 1]
    if (next !== undefined) return [...turns.slice(0, i).map((each) => each.chosen), next]
  }
  return undefined
}

interface Ran {
  readonly turns: readonly Turn[]
  readonly told: readonly string[]
}

async function runOnce(
  make: Parameters<typeof explore>[0],
  choices: readonly number[],
  switches: number,
): Promise<Ran> {
  const current = new AsyncLocalStorage<string>()
  const waiting: Waiting[] = []
  const gate = async (): Promise<void> => {
    const actor = current.getStore()
    if (actor !== undefined) await new Promise<void>((resolve) => waiting.push({ actor, go: resolve }))
  }
  const { actors, check, end } = await make((stores) => gatedStores(stores, gate))
  const running = new Set(Object.keys(actors))
  const ending = Object.entries(actors).map(([name, work]) =>
    current.run(name, async () => {
      await gate()
      await work().catch(() => undefined)
      running.delete(name)
    }),
  )
  const turns: Turn[] = []
  const order: string[] = []
  let left = switches
  await settled(waiting)
  while (waiting.length > 0) {
    const options = optionsOf(waiting, order.at(-1), left)
    const chosen = choices[turns.length] ?? options[0] ?? 0
    turns.push({ chosen, options })
    const [next] = waiting.splice(chosen, 1)
    if (next === undefined) break
    if (order.at(-1) !== next.actor && waiting.some(({ actor }) => actor === order.at(-1))) left--
    order.push(next.actor)
    next.go()
    await settled(waiting)
  }
  const stuck = running.size > 0 ? [`${[...running].join(' and ')} wait for ever`] : []
  if (stuck.length === 0) await Promise.all(ending)
  const wrong = stuck.length > 0 ? stuck : await check()
  await end()
  return { turns, told: wrong.map((each) => `${each} (after ${order.join(' ')})`) }
}

/** Places of those that may go on: first who had the turn before. */
function optionsOf(waiting: readonly Waiting[], last: string | undefined, left: number): number[] {
  const all = waiting.map((_, i) => i)
  const same = all.filter((i) => waiting[i]?.actor === last)
  const others = all.filter((i) => waiting[i]?.actor !== last)
  return same.length > 0 && left <= 0 ? same : [...same, ...others]
}

/** Resolves when nobody moves any more: calls of stores in memory take no more than some turns of the event loop. */
async function settled(waiting: readonly Waiting[]): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 2; ) {
    await turn()
    quiet = waiting.length === before ? quiet + 1 : 0
    before = waiting.length
  }
}

function gatedStores({ driver, metadata }: Stores, gate: () => Promise<void>): Stores {
  const before = <Arguments extends readonly unknown[], T>(
    call: (...args: Arguments) => Promise<T>,
  ): ((...args: Arguments) => Promise<T>) => {
    return async (...args) => {
      await gate()
      return call(...args)
    }
  }
  const gatedUpload = (bytes: UploadBytes): UploadBytes =>
    new Proxy(bytes, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        const call: (...args: readonly unknown[]) => Promise<unknown> = value.bind(target)
        return key === 'commit' ? before(call) : call
      },
    })
  return {
    driver: {
      ...driver,
      size: before((digest) => driver.size(digest)),
      open: before((digest) => driver.open(digest)),
      put: before((digest, bytes, options) => driver.put(digest, bytes, options)),
      remove: before((digest) => driver.remove(digest)),
      createUpload: async (id) => gatedUpload(await driver.createUpload(id)),
    },
    metadata: {
      ...metadata,
      get: before((key) => metadata.get(key)),
      getMany: before((keys) => metadata.getMany(keys)),
      list: before((range) => metadata.list(range)),
      commit: before((change) => metadata.commit(change)),
    },
  }
}
