import { IbuildError } from './errors.ts'

/**
 * Does work that `signal` may stop. Whatever the abort makes the work throw becomes CANCELLED, with the signal's reason as
 * cause; errors of another kind stay what they are. Without a signal the work is simply done.
 */
export async function cancellable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (error) {
    throw signal?.aborted === true && isAbort(error, signal) ? cancelled(signal) : error
  }
}

/** Libraries throw an AbortError of their own, `throwIfAborted` the reason. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}

function cancelled(signal: AbortSignal): IbuildError {
  return new IbuildError('CANCELLED', 'the work was cancelled', { cause: signal.reason })
}

/**
 * The pieces of a source of ours, such as a file, until `signal` aborts; then its reason is thrown before the next piece,
 * when the source has stopped: what it reads from may be closed.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  for await (const piece of source) {
    signal?.throwIfAborted()
    yield piece
  }
}

/**
 * The pieces of a source of someone else, which may be silent for long, until `signal` aborts; then its reason is thrown at
 * once. A source that was not read to its end is told to stop, which is not waited for; a stream is destroyed.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) return yield* source
  const iterator = source[Symbol.asyncIterator]()
  let fail: (reason: unknown) => void = () => undefined
  const onAbort = (): void => fail(signal.reason)
  signal.addEventListener('abort', onAbort)
  let ended = false
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<T, unknown>>((resolve, reject) => {
        fail = reject
        iterator.next().then(resolve, reject)
      })
      ended = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    if (!ended) stop(source, iterator)
  }
}

/** Not waited for: what is silent may also be slow to stop. */
function stop<T>(source: AsyncIterable<T>, iterator: AsyncIterator<T>): void {
  if ('destroy' in source && typeof source.destroy === 'function') source.destroy()
  iterator.return?.().catch(() => undefined)
}
