import { openStandby, type StandbyRequest, type StartRequest } from './standby.ts'

/** How a process ended: `code` or `signal` is set. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What the runtime logged, unless it ended with 0. */
  readonly log: string
}

export interface Started {
  /** Process id as this process sees it. */
  readonly pid: number
  /** Resolves when the process and all that it started are dead. */
  readonly ended: Promise<Ending>
}

/** A process on standby, see {@link openStandby}. Of `start` and `discard` one is to be called, once. */
export interface Prepared {
  /** False when it has ended meanwhile. */
  isUsable(): boolean
  start(request: StartRequest): Promise<Started>
  discard(): void
}

/** Starts processes with mounts of their own. */
export interface Starter {
  /** The streams of `request` may be closed when this is done, whatever came of it. */
  prepare(request: StandbyRequest): Promise<Prepared>
  /** To be called when nothing that it started is there any more; nothing is started after it. */
  close(): Promise<void>
}

/** Starts from the calling thread: for a process of our own. */
export function createDirectStarter(): Starter {
  return { prepare: prepareHere, close: async () => undefined }
}

/** Starts from the calling thread; rejects when the process could not be started. */
export async function prepareHere(request: StandbyRequest): Promise<Prepared> {
  const standby = openStandby(request)
  const { child } = standby
  const ended = new Promise<Omit<Ending, 'log'>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const { pid } = child
  if (pid === undefined) {
    standby.discard()
    throw await new Promise<Error>((resolve) => child.once('error', resolve))
  }
  return {
    isUsable: () => child.exitCode === null && child.signalCode === null,
    async start(work) {
      standby.go(work)
      return { pid, ended: ended.then((ending) => ({ ...ending, log: standby.readLog() })) }
    },
    discard: () => standby.discard(),
  }
}
