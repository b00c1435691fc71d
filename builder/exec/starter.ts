import { Worker } from 'node:worker_threads'
import { IbuildError } from '../../shared/base/errors.ts'
import { workerUrl } from '../../shared/base/worker.ts'
import { type StartRequest, startWithOverlay } from './start.ts'

/** How a process ended: one of the two is set. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Started {
  /** Process id as this process sees it. */
  readonly pid: number
  /** Resolves when the process and all that it started are dead. */
  readonly ended: Promise<Ending>
}

/** Starts processes with mounts of their own; see {@link startWithOverlay}. */
export interface Starter {
  /** The descriptors of `request` may be closed when this resolves. */
  start(request: StartRequest): Promise<Started>
}

/** Starts from the calling thread: for a process of our own. */
export function createDirectStarter(): Starter {
  return { start: async (request) => toStarted(request) }
}

function toStarted(request: StartRequest): Promise<Started> {
  const child = startWithOverlay(request)
  const ended = new Promise<Ending>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const { promise, resolve, reject } = Promise.withResolvers<Started>()
  child.once('error', reject)
  if (child.pid !== undefined) resolve({ pid: child.pid, ended })
  return promise
}

/** What goes to the thread and comes back. */
export interface ToWorker {
  readonly id: number
  readonly request: StartRequest
}

export type FromWorker =
  | { readonly id: number; readonly pid: number }
  | { readonly id: number; readonly ending: Ending }
  | { readonly id: number; readonly failure: string }

/**
 * Starts from a thread of its own, because the thread that starts loses the working directory and umask that it shares
 * with the others: for a library in a process of someone else. The thread does not keep the process alive by itself.
 */
export function createThreadStarter(): Starter {
  let worker: Worker | undefined
  let lastId = 0
  const waiting = new Map<number, Pending>()
  const failAll = (error: unknown): void => {
    worker = undefined
    for (const one of waiting.values()) one.fail(error)
    waiting.clear()
  }
  const open = (): Worker => {
    const thread = new Worker(workerUrl('./starter-worker.ts', import.meta.url))
    thread.on('message', (message: FromWorker) => {
      if (waiting.get(message.id)?.take(message) === true) waiting.delete(message.id)
      if (waiting.size === 0) thread.unref()
    })
    thread.on('error', failAll)
    thread.on('exit', () => failAll(new Error('the thread that starts containers ended')))
    return thread
  }
  worker = open()
  worker.unref()
  return {
    start(request) {
      worker ??= open()
      const id = ++lastId
      const pending = createPending()
      waiting.set(id, pending)
      worker.ref()
      worker.postMessage({ id, request } satisfies ToWorker, [])
      return pending.started
    },
  }
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
  end.promise.catch(() => undefined) // whoever started it awaits it; one that never started has no waiter
  return {
    started: start.promise,
    take(message): boolean {
      if ('pid' in message) start.resolve({ pid: message.pid, ended: end.promise })
      else if ('ending' in message) end.resolve(message.ending)
      else start.reject(new IbuildError('RUNTIME_FAILED', message.failure))
      return !('pid' in message)
    },
    fail(error): void {
      start.reject(error)
      end.reject(error)
    },
  }
}

/** Runs in the thread: answers each request with a pid and an ending, or with a failure. */
export function serveStart(message: ToWorker, answer: (reply: FromWorker) => void): void {
  const { id, request } = message
  toStarted(request)
    .then(async (started) => {
      answer({ id, pid: started.pid })
      answer({ id, ending: await started.ended })
    })
    .catch((error: unknown) => answer({ id, failure: error instanceof Error ? error.message : String(error) }))
}
