/** A work loop of short synchronous steps holds everything else up for at most about this many milliseconds. */
const longest = 15

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
