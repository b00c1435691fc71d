import { IbuildError } from '../../shared/base/errors.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import { lastNumber, numberPart } from '../../shared/rows/log-rows.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { type Change, ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'
import { againRows, cursorRows, deadRows, eventRows } from '../storage/rows.ts'
import { countRows, eventPages } from './count-rows.ts'
import { numberOf } from './entries.ts'
import { storedCursors } from './retention.ts'
import type { WorkerCounts } from './worker.ts'

/** What operators may ask of events and do with them, whether a server runs or not. Errors are IbuildErrors. */
export interface EventsAdmin {
  status(): Promise<EventsStatus>
  /** Events after that number, in their order; a page of them. */
  after(number: number): Promise<readonly LoggedEvent[]>
  /** Dead letters of a receiver after that number; a page of them. OBJECT_NOT_FOUND. */
  dead(name: string, number: number): Promise<readonly DeadEvent[]>
  /**
   * Tells a receiver again what comes from that number on, or its dead letters, before what it did not get yet. Resolves with
   * how many events these are. OBJECT_NOT_FOUND.
   */
  replay(name: string, from: number | 'dead'): Promise<number>
}

export interface EventsStatus {
  /** Number of the last event; 0 when there was none. */
  readonly last: number
  /** Of the first that is kept; null when none is. */
  readonly oldest: number | null
  /** Pulls that no receiver is told of, since the server was started. */
  readonly untoldPulls: number
  readonly endpoints: readonly EndpointStatus[]
}

export interface EndpointStatus {
  readonly name: string
  /** Without its query; null when no server runs. */
  readonly url: string | null
  /** The last event that it has, or that is done with for it. */
  readonly number: number
  /** Events that are not, among them those that it does not want. */
  readonly backlog: number
  readonly deadLetters: number
  /** Since the server was started; null when none runs. */
  readonly counts: WorkerCounts | null
}

export interface LoggedEvent {
  readonly number: number
  readonly event: JsonObject
}

export interface DeadEvent extends LoggedEvent {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly reason: string
}

export interface EventsAdminParts {
  readonly metadata: RowStore
  /** What runs for a receiver. */
  readonly running: (name: string) => { readonly url: string; readonly counts: WorkerCounts } | undefined
  readonly untoldPulls: () => number
  /** To be called when there is something to tell anew. */
  readonly wake: () => void
}

const pageSize = 100

export function createEventsAdmin({ metadata, running, untoldPulls, wake }: EventsAdminParts): EventsAdmin {
  const cursorOf = async (name: string): Promise<number> => {
    const number = (await storedCursors(metadata)).get(name)
    if (number !== undefined) return number
    throw new IbuildError(
      'OBJECT_NOT_FOUND',
      `nobody of the name ${JSON.stringify(name.slice(0, 64))} is told of events`,
      {
        hint: 'ibuild registry events status lists those who are.',
      },
    )
  }
  const endpointStatus = async (name: string, number: number, last: number): Promise<EndpointStatus> => {
    const now = running(name)
    const again = await countRows(metadata, againRows.prefix(name))
    const deadLetters = await countRows(metadata, deadRows.prefix(name))
    const backlog = Math.max(0, last - number) + again
    return { name, url: now?.url ?? null, number, backlog, deadLetters, counts: now?.counts ?? null }
  }
  return {
    status: async () => {
      const last = await lastNumber(metadata, 'event')
      const cursors = await storedCursors(metadata)
      const endpoints: EndpointStatus[] = []
      for (const [name, number] of cursors) endpoints.push(await endpointStatus(name, number, last))
      return { last, oldest: (await oldestNumber(metadata)) ?? null, untoldPulls: untoldPulls(), endpoints }
    },
    after: async (number) => {
      const prefix = eventRows.prefix()
      const rows = await metadata.list({ prefix, after: eventRows.key(numberPart(number)), limit: pageSize })
      return rows.flatMap(({ key, value }) => {
        const event = readOrNothing(eventRows, key, value)
        return event === undefined ? [] : [{ number: numberOf(key), event }]
      })
    },
    dead: async (name, number) => {
      await cursorOf(name)
      const after = deadRows.key(name, numberPart(number))
      const rows = await metadata.list({ prefix: deadRows.prefix(name), after, limit: pageSize })
      return rows.flatMap(({ key, value }) => {
        const row = readOrNothing(deadRows, key, value)
        return row === undefined ? [] : [{ number: numberOf(key), ...row }]
      })
    },
    replay: async (name, from) => {
      const cursor = await cursorOf(name)
      const count = from === 'dead' ? await reviveDead(metadata, name) : await rewind(metadata, { name, cursor, from })
      wake()
      return count
    },
  }
}

async function oldestNumber(metadata: RowStore): Promise<number | undefined> {
  const [first] = await metadata.list({ prefix: eventRows.prefix(), limit: 1 })
  return first === undefined ? undefined : numberOf(first.key)
}

interface Rewind {
  readonly name: string
  readonly cursor: number
  readonly from: number
}

const listed = 'ibuild registry events status shows which there are, and how far each endpoint is.'

/** A worker that has just told of more writes the row, too: then this one is written again. */
async function rewind(metadata: RowStore, { name, cursor, from }: Rewind): Promise<number> {
  const oldest = await oldestNumber(metadata)
  if (oldest === undefined || from < oldest) {
    const kept = oldest === undefined ? 'none is kept' : `the first that is kept is ${oldest}`
    throw new IbuildError('OBJECT_NOT_FOUND', `event ${from} is not there any more: ${kept}`, { hint: listed })
  }
  if (from > cursor) {
    throw new IbuildError('OBJECT_NOT_FOUND', `${name} has the events up to ${cursor} only: ${from} is still to come`, {
      hint: listed,
    })
  }
  await retried(async () => {
    const key = cursorRows.key(name)
    const value = await metadata.get(key)
    return { put: [cursorRows.row([name], { number: from - 1 })], expect: [{ key, value }] }
  }, metadata)
  return (await lastNumber(metadata, 'event')) - from + 1
}

async function retried(decide: () => Promise<Change>, metadata: RowStore): Promise<void> {
  for (;;) {
    try {
      return await metadata.commit(await decide())
    } catch (error) {
      if (!(error instanceof ChangeConflict)) throw error
    }
  }
}

/** Moves dead letters to what is told before everything else. */
async function reviveDead(metadata: RowStore, name: string): Promise<number> {
  let count = 0
  for await (const rows of eventPages(metadata, deadRows.prefix(name))) {
    const put = rows.flatMap(({ key, value }) => {
      const row = readOrNothing(deadRows, key, value)
      return row === undefined ? [] : [againRows.row([name, numberPart(numberOf(key))], row.event)]
    })
    await metadata.commit({ put, remove: rows.map(({ key }) => key) })
    count += put.length
  }
  return count
}
