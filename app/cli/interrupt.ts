import { cancellable } from '../../shared/base/abort.ts'

/** Exit codes of a process that a signal ended: 128 + its number. */
const forcedExit = { SIGINT: 130, SIGTERM: 143 } as const

export interface Interrupt {
  readonly signal: AbortSignal
  release(): void
}

/**
 * Turns the first Ctrl-C or SIGTERM into an abort, so that the work can clean up; a second one ends the process at once.
 * A stdout that takes no more, or a stderr that nobody reads any more, is an abort too.
 */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const handle = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) process.exit(forcedExit[name])
    controller.abort()
  }
  const stop = (): void => controller.abort()
  const stopWhenClosed = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') controller.abort()
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  process.stdout.on('error', stop)
  process.stderr.on('error', stopWhenClosed)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
      process.stdout.off('error', stop)
      process.stderr.off('error', stopWhenClosed)
    },
  }
}

/** Does work that {@link onInterrupt} stops: then CANCELLED, as {@link cancellable} says. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = onInterrupt()
  try {
    return await cancellable(interrupt.signal, () => work(interrupt.signal))
  } finally {
    interrupt.release()
  }
}
