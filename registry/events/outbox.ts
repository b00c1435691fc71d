import { randomUUID } from 'node:crypto'
import { lastNumber } from '../../shared/rows/log-rows.ts'
import type { Appended, RowStore } from '../../shared/rows/row-store.ts'
import type { Occurrence, Requester, Tell } from '../service/occurrence.ts'
import { createBacklog } from './backlog.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createDelivery, type Delivery, type DeliveryOptions } from './delivery.ts'
import { eventOf } from './event.ts'
import { createEventsAdmin, type EventsAdmin } from './events-admin.ts'
import { kindOf, wantsKind } from './interest.ts'
import { createPullQueue } from './pull-queue.ts'
import { forgetOthers, removePassed, storedCursors } from './retention.ts'
import type { Endpoint, ReadEventSettings } from './types.ts'
import { Worker, type WorkerOptions } from './worker.ts'

/** The events of a registry: written with what they tell of, and sent to receivers from then on, at least once and in order. */
export interface Outbox {
  readonly tell: Tell
  readonly admin: EventsAdmin
  /** The same metadata; workers hear of events that are written through it. */
  watch(metadata: RowStore): RowStore
  /** Tells of content that was sent, soon: never fails, and nobody waits for it. */
  pulled(pull: { readonly occurrence: Occurrence; readonly by: Requester }): void
  /**
   * Sends events from now on as these settings say, in place of those before. A receiver that is new hears of what comes after
   * this; what is kept of one that is gone is removed.
   */
  configure(settings: ReadEventSettings, host: OutboxHost): Promise<void>
  /** Writes what waits, and sends nothing more. What was not sent is sent by the next process. */
  close(): Promise<void>
}

/** What sending needs of the process that serves. */
export interface OutboxHost extends Pick<WorkerOptions, 'housekeep' | 'log'> {
  /** `HOST:PORT` of this server. */
  readonly address: () => string
}

export interface OutboxOptions {
  readonly metadata: RowStore
  readonly now?: () => number
  readonly random?: () => number
  readonly deliver?: (options: DeliveryOptions) => Delivery
}

/** Milliseconds between looks for events that all have. */
const cleanEvery = 10_000

/** Opens what there is of events; nothing is sent before it is configured. Until then events are written if anybody was told of any before. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { metadata, now = Date.now, random = Math.random, deliver = createDelivery } = options
  const hasReceivers = (await storedCursors(metadata)).size > 0
  const instanceID = randomUUID()
  const workers = new Map<string, { readonly endpoint: Endpoint; readonly worker: Worker }>()
  let settings: ReadEventSettings | undefined
  let host: OutboxHost | undefined
  let cleaning: Promise<void> = Promise.resolve()

  const isWanted = (occurrence: Occurrence): boolean => {
    if (settings === undefined) return hasReceivers
    const mediaType = occurrence.mediaType ?? (occurrence.kind === 'blob' ? 'application/octet-stream' : undefined)
    const kind = { action: occurrence.action, mediaType }
    return settings.endpoints.some((endpoint) => wantsKind(endpoint, kind))
  }
  const textOf = (occurrence: Occurrence, by: Requester | undefined): string => {
    const { url = '', references = false } = settings ?? {}
    const source = { addr: host?.address() ?? '', instanceID }
    return JSON.stringify(eventOf(occurrence, by, { id: randomUUID(), at: now(), source, url, references }))
  }
  const pulls = createPullQueue({
    write: async (events) => {
      let isWritten = false
      await host?.housekeep(async () => {
        await watched.commit({ append: events.map(appended), isMinor: true })
        isWritten = true
      })
      return isWritten
    },
  })
  const wakeAll = (): void => {
    for (const { worker } of workers.values()) worker.wake()
  }
  const watch = (store: RowStore): RowStore => ({
    ...store,
    commit: async (change) => {
      await store.commit(change)
      if (change.append !== undefined && change.append.length > 0) wakeAll()
    },
  })
  const watched = watch(metadata)

  const startWorker = async (endpoint: Endpoint, all: ReadEventSettings, running: OutboxHost): Promise<Worker> => {
    const { housekeep, log } = running
    const { name } = endpoint
    const deadLetters = createDeadLetters({ name, metadata, most: all.deadLetters, now })
    const wants = (event: Parameters<typeof kindOf>[0]): boolean => wantsKind(endpoint, kindOf(event))
    const backlog = createBacklog({ name, metadata, wants, deadLetters })
    await housekeep(() => backlog.begin()).catch(() => undefined) // the worker tries again
    return new Worker({
      endpoint,
      backlog,
      delivery: deliver({ endpoint, allow: all.allow }),
      floor: async () => (await lastNumber(metadata, 'event')) - all.limit,
      housekeep,
      log,
      now,
      random,
    })
  }
  const clean = (): void => {
    const work = async (): Promise<void> => {
      if (settings === undefined) return
      const { retain, limit, endpoints } = settings
      const names = endpoints.map(({ name }) => name)
      await forgetOthers(metadata, names)
      await removePassed(metadata, { retain, limit, names, now: now() })
    }
    cleaning = cleaning.then(() => host?.housekeep(work)).catch(() => undefined)
  }
  let timer: NodeJS.Timeout | undefined

  return {
    tell: (occurrences, by) => occurrences.filter(isWanted).map((occurrence) => appended(textOf(occurrence, by))),
    watch,
    pulled: ({ occurrence, by }) => {
      if (isWanted(occurrence)) pulls.add(pullKey(occurrence, by), () => textOf(occurrence, by))
    },
    configure: async (wanted, given) => {
      const before = settings
      settings = wanted
      host = given
      const isKept = ({ endpoint }: { readonly endpoint: Endpoint }): boolean =>
        before?.limit === wanted.limit &&
        before.deadLetters === wanted.deadLetters &&
        isSame(before.allow, wanted.allow) &&
        wanted.endpoints.some((each) => isSame(each, endpoint))
      const gone = [...workers].filter(([, running]) => !isKept(running))
      await Promise.all(gone.map(([, { worker }]) => worker.stop()))
      for (const [name] of gone) workers.delete(name)
      for (const endpoint of wanted.endpoints) {
        if (workers.has(endpoint.name)) continue
        workers.set(endpoint.name, { endpoint, worker: await startWorker(endpoint, wanted, given) })
      }
      clean()
      timer ??= setInterval(clean, cleanEvery).unref()
    },
    admin: createEventsAdmin({
      metadata,
      running: (name) => {
        const found = workers.get(name)
        return found && { url: withoutQuery(found.endpoint.url), counts: found.worker.counts }
      },
      untoldPulls: () => pulls.untold,
      wake: wakeAll,
    }),
    close: async () => {
      clearInterval(timer)
      await pulls.close()
      await Promise.all(Array.from(workers.values(), ({ worker }) => worker.stop()))
      await cleaning
    },
  }
}

function appended(value: string): Appended {
  return { log: 'event', value }
}

/** Pulls of the same by the same client are told once in a short time: one image may be fetched in many pieces. */
function pullKey({ name, digest, tag }: Occurrence, { address = '', agent, actor }: Requester): string {
  return JSON.stringify([name, digest, tag, address.replace(/:\d+$/, ''), agent, actor])
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
