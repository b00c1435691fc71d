import type { RowStore } from '../../../shared/rows/row-store.ts'
import { createCutRows } from '../../../shared/rows/testing/cut-rows.ts'
import { createMemoryState } from '../../state/open-state.ts'
import { createModelInventory, type ModelInventory } from './model-inventory.ts'
import { ageing, type Clock, fillModel, type OpenModel, openModel, start } from './open-model.ts'

/** Thrown by all that a process does after it was killed. */
class Killed extends Error {
  override readonly name = 'Killed'
}

export interface KillableOptions {
  /** Tags that the policy deletes. */
  readonly old: number
  readonly canUndo?: boolean
}

/** A process that is killed at one of its calls: before or after a change of rows, before or after each thing it asks of the inventory. */
export interface Killable extends OpenModel {
  /** From the next call on counted, so many go well. */
  killAfter(calls: number): void
  /** Calls since then. */
  calls(): number
  /** The same model with a new process, on the rows that are left after a power cut. `random` is from 0 to below 1. */
  reopen(random: () => number): Promise<OpenModel>
}

export async function openKillable({ old, canUndo = true }: KillableOptions): Promise<Killable> {
  let left = Number.POSITIVE_INFINITY
  let calls = 0
  const onCall = (): void => {
    calls++
    if (--left < 0) throw new Killed('the process was killed')
  }
  const clock: Clock = { now: start }
  let isOld = true
  const model: ModelInventory = createModelInventory({
    canUndo,
    onCall: () => {
      if (isOld) onCall()
    },
  })
  const cut = createCutRows({ create: createMemoryState, onCall })
  const open = await openModel({ model, rows: dying(cut.store, () => left < 0), clock, policy: ageing('propose') })
  fillModel(model, old)
  return {
    ...open,
    killAfter: (count) => {
      left = count
      calls = 0
    },
    calls: () => calls,
    reopen: async (random) => {
      isOld = false
      return openModel({ model, rows: await cut.cut(random), clock })
    },
  }
}

/** Who is dead reads nothing any more. */
function dying(rows: RowStore, isDead: () => boolean): RowStore {
  const alive = (): void => {
    if (isDead()) throw new Killed('the process was killed')
  }
  return {
    ...rows,
    get: async (key) => {
      alive()
      return rows.get(key)
    },
    getMany: async (keys) => {
      alive()
      return rows.getMany(keys)
    },
    list: async (range) => {
      alive()
      return rows.list(range)
    },
  }
}
