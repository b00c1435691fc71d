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
  return { start: startHere }
}

/** Starts from the calling thread; rejects when the process could not be started. */
export async function startHere(request: StartRequest): Promise<Started> {
  const child = startWithOverlay(request)
  const ended = new Promise<Ending>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const { promise, resolve, reject } = Promise.withResolvers<Started>()
  child.once('error', reject)
  if (child.pid !== undefined) resolve({ pid: child.pid, ended })
  return promise
}
