/** A work loop of short synchronous steps holds everything else up for at most about this many milliseconds. */
const longest = 15

/** The items, with turns for other work between them, the handling of an interrupt too. Ends with what the signal aborts with. */
export async function* interruptible<T>(items: Iterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  const turn = turns()
  for (const item of items) {
    const pause = turn()
    if (pause !== undefined) await pause
    signal?.throwIfAborted()
    yield item
  }
}

/** A function for such a loop: await it after each step, and other work gets its turn now and then. */
export function turns(): () => Promise<void> | undefined {
  let started = performance.now()
  return () => {
    if (performance.now() - started < longest) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        started = performance.now()
        resolve()
      })
    })
  }
}
