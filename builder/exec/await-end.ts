import { errnoOf } from '../../shared/base/errors.ts'
import { signalCgroup } from './cgroups.ts'
import type { CgroupLayout } from './host.ts'
import type { Ending, Started } from './starter.ts'

/** Milliseconds that a cancelled container has to end by itself. */
const grace = 500

/** Where the processes of a container are found. */
export interface ContainerGroup {
  readonly layout: CgroupLayout
  readonly path: string
}

/**
 * Waits for the end of a runtime and its container. When `signal` aborts, everything in it gets SIGTERM, and what is left
 * after a short time is killed: the runtime is the first process of its pid namespace, so all others die with it.
 */
export async function awaitEnd(started: Started, group: ContainerGroup, signal: AbortSignal): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined
  const cancel = (): void => {
    signalCgroup(group.layout, group.path, 'SIGTERM')
    timer = setTimeout(() => kill(started.pid), grace)
  }
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  try {
    return await started.ended
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error // it ended in this moment
  }
}
