export interface ParallelOptions {
  /** How many items are worked on at a time. */
  readonly atOnce: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Does `work` for each item, up to `atOnce` at a time, and gives the results in the order of the items. When one fails, the
 * signal that the others have aborts; when nothing runs any more, the first error is thrown.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  { atOnce, signal }: ParallelOptions,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const results: Result[] = []
  const failures: unknown[] = []
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) {
      if (either.aborted) return
      try {
        results[i] = await work(item, either)
      } catch (error) {
        failures.push(error)
        stop.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  signal?.throwIfAborted()
  if (failures.length > 0) throw failures[0]
  return results
}
