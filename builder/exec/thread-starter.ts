import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { workerUrl } from '../../shared/base/worker.ts'
import type { StandbyRequest, StartRequest } from './standby.ts'
import type { Ending, Prepared, Started, Starter } from './starter.ts'

/** What goes to the thread; `id` names a process on standby. */
export type ToWorker =
  | { readonly id: number; readonly prepare: StandbyRequest }
  | { readonly id: number; readonly start: StartRequest }
  | { readonly id: number; readonly discard: true }
  | { readonly id: number; readonly close: true }

/** What comes back: that it stands by, then a pid, then an ending; or a failure. */
export type FromWorker =
  | { readonly id: number; readonly prepared: true }
  | { readonly id: number; readonly pid: number }
  | { readonly id: number; readonly ending: Ending }
  | { readonly id: number; readonly failure: string }

/**
 * Starts from a thread of its own, because the thread that starts loses the working directory and umask that it shares
 * with the others: for a library in a process of someone else. The thread is there from the beginning, so that it is
 * ready when it is needed, and keeps the process alive only while something is awaited from it.
 */
export function createThreadStarter(): Starter {
  const waiting = new Map<number, Pending>()
  let thread: Worker | undefined = openThread(waiting)
  let lastId = 0
  thread.once('exit', () => {
    thread = undefined
    const error = new Error('the thread that starts containers ended')
    for (const one of waiting.values()) one.fail(error)
    waiting.clear()
  })
  const send = (message: ToWorker): void => {
    if (thread === undefined) throw new Error('the thread that starts containers has ended')
    thread.postMessage(message, [])
  }
  /** Sends, and keeps the process alive until all has come that is to come. */
  const ask = (message: ToWorker): Pending => {
    const pending = createPending()
    send(message)
    waiting.set(message.id, pending)
    thread?.ref()
    return pending
  }
  return {
    async prepare(request) {
      const id = ++lastId
      await ask({ id, prepare: request }).prepared
      return preparedOf(id, { ask, send, isOpen: () => thread !== undefined })
    },
    async close() {
      if (thread === undefined) return
      const ended = once(thread, 'exit')
      thread.ref()
      send({ id: 0, close: true })
      await ended
    },
  }
}

interface Line {
  readonly ask: (message: ToWorker) => Pending
  readonly send: (message: ToWorker) => void
  readonly isOpen: () => boolean
}

function preparedOf(id: number, { ask, send, isOpen }: Line): Prepared {
  return {
    isUsable: isOpen,
    start: async (request) => ask({ id, start: request }).started,
    discard: () => {
      if (isOpen()) send({ id, discard: true })
    },
  }
}

function openThread(waiting: Map<number, Pending>): Worker {
  const thread = new Worker(workerUrl('./starter-worker.ts', import.meta.url), { trackUnmanagedFds: false })
  thread.on('message', (message: FromWorker) => {
    if (waiting.get(message.id)?.take(message) === true) waiting.delete(message.id)
    if (waiting.size === 0) thread.unref()
  })
  thread.on('error', () => undefined) // told by its exit
  thread.unref()
  return thread
}

interface Pending {
  readonly prepared: Promise<void>
  readonly started: Promise<Started>
  /** Returns true when nothing more is to come. */
  take(message: FromWorker): boolean
  fail(error: unknown): void
}

function createPending(): Pending {
  const ready = Promise.withResolvers<void>()
  const start = Promise.withResolvers<Started>()
  const end = Promise.withResolvers<Ending>()
  // Nobody waits for the end of what did not start.
  for (const { promise } of [ready, start, end]) promise.catch(() => undefined)
  const fail = (error: unknown): void => [ready, start, end].forEach(({ reject }) => reject(error))
  return {
    prepared: ready.promise,
    started: start.promise,
    take(message): boolean {
      if ('prepared' in message) ready.resolve()
      else if ('pid' in message) start.resolve({ pid: message.pid, ended: end.promise })
      else if ('ending' in message) end.resolve(message.ending)
      else fail(new Error(message.failure))
      return !('pid' in message)
    },
    fail,
  }
}
