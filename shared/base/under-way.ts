/** What has begun and not ended yet, by name. */
const running = new Set<() => string>()

/**
 * Notes that something has begun, and gives what ends it. `name` is asked when it is told: without secrets, and without what
 * others chose but for names of hosts. The text is for whoever looks for a defect, so it says for what is waited.
 */
export function begin(name: () => string): () => void {
  // A function of its own: the same name may be given twice.
  const entry = (): string => name()
  running.add(entry)
  return () => void running.delete(entry)
}

/** {@link begin} around work that ends, well or not, when its promise does. */
export async function underWay<T>(name: string, work: () => Promise<T>): Promise<T> {
  const end = begin(() => name)
  try {
    return await work()
  } finally {
    end()
  }
}

/** Names of what has not ended, in the order in which it began: what a process waits for that has nothing left to do. */
export function stillUnderWay(): string[] {
  return Array.from(running, (name) => name())
}
