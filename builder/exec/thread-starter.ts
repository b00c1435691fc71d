import { Worker } from 'node:worker_threads'
import { workerUrl } from '../../shared/base/worker.ts'
import type { StartRequest } from './start.ts'
import type { Ending, Started, Starter } from './starter.ts'

/** What goes to the thread. */
export interface ToWorker {
  readonly id: number
  readonly request: StartRequest
}

/** What comes back: a pid and then an ending, or a failure. */
export type FromWorker =
  | { readonly id: number; readonly pid: number }
  | { readonly id: number; readonly ending: Ending }
  | { readonly id: number; readonly failure: string }

/**
 * Starts from a thread of its own, because the thread that starts loses the working directory and umask that it shares
 * with the others: for a library in a process of someone else. The thread is there from the beginning, so that it is
 * ready when it is needed, and keeps the process alive only while something that it started runs.
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
  return {
    start(request) {
      if (thread === undefined) throw new Error('the thread that starts containers has ended')
      const id = ++lastId
      const pending = createPending()
      waiting.set(id, pending)
      thread.ref()
      thread.postMessage({ id, request } satisfies ToWorker, [])
      return pending.started
    },
  }
}

function openThread(waiting: Map<number, Pending>): Worker {
  const thread = new Worker(workerUrl('./starter-worker.ts', import.meta.url))
  thread.on('message', (message: FromWorker) => {
    if (waiting.get(message.id)?.take(message) === true) waiting.delete(message.id)
    if (waiting.size === 0) thread.unref()
  })
  thread.on('error', () => undefined) // told by its exit
  thread.unref()
  return thread
}

interface Pending {
  readonly started: Promise<Started>
  /** Returns true when nothing more is to come. */
  take(message: FromWorker): boolean
  fail(error: unknown): void
}

function createPending(): Pending {
  const start = Promise.withResolvers<Started>()
  const end = Promise.withResolvers<Ending>()
  end.promise.catch(() => undefined) // nobody waits for the end of what did not start
  return {
    started: start.promise,
    take(message): boolean {
      if ('pid' in message) start.resolve({ pid: message.pid, ended: end.promise })
      else if ('ending' in message) end.resolve(message.ending)
      else start.reject(new Error(message.failure))
      return !('pid' in message)
    },
    fail(error): void {
      start.reject(error)
      end.reject(error)
    },
  }
}
