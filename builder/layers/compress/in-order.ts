/**
 * Does `work` for up to `atOnce` items at a time and gives the results in the order of the items. No more items are taken
 * than that, so whoever reads slowly slows the source down. When it ends early, by an error or by the reader, nothing runs
 * any more and the source is closed.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const running: Promise<Result>[] = []
  try {
    for await (const item of items) {
      running.push(unnoticed(work(item)))
      if (running.length < atOnce) continue
      const oldest = running.shift()
      if (oldest !== undefined) yield await oldest
    }
    for (let next = running.shift(); next !== undefined; next = running.shift()) yield await next
  } finally {
    await Promise.allSettled(running)
  }
}

/** An error is told when its turn comes; until then it is nobody's. */
function unnoticed<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined)
  return promise
}
