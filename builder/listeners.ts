import { cancellable } from '../shared/base/abort.ts'

/** What work that tells its caller of its progress is given. */
export interface Guard {
  /** Aborts when the caller does, and when one of the caller's functions threw. */
  readonly signal: AbortSignal
  /** The caller's function, made safe to call from anywhere: it never throws, and is not called again after it did. */
  readonly listen: <Args extends readonly unknown[]>(
    listener: ((...args: Args) => void) | undefined,
  ) => (...args: Args) => void
}

/**
 * Does work that calls functions of the caller. What one of them throws, also later in a promise, stops the work as an abort
 * does, and is what this rejects with. CANCELLED when `signal` aborts.
 */
export async function guarded<T>(signal: AbortSignal | undefined, work: (guard: Guard) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const fail = (error: unknown): void => controller.abort(new ListenerFailure(error))
  const guard: Guard = {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    listen:
      (listener) =>
      (...args) => {
        if (listener !== undefined && !controller.signal.aborted) callSafely(() => listener(...args), fail)
      },
  }
  try {
    const result = await cancellable(guard.signal, () => work(guard))
    controller.signal.throwIfAborted()
    return result
  } catch (error) {
    const reason: unknown = controller.signal.reason
    throw reason instanceof ListenerFailure ? reason.error : error
  }
}

class ListenerFailure {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** A function that should return nothing may still be an async one. */
function callSafely(call: () => unknown, fail: (error: unknown) => void): void {
  try {
    const result = call()
    if (result instanceof Promise) result.catch(fail)
  } catch (error) {
    fail(error)
  }
}
