/** Sorted names from several sorted lists, each name once; takes no more of the lists than is asked for. */
export function* mergeNames(lists: readonly Iterable<string>[]): Generator<string> {
  const [only] = lists
  if (lists.length === 1 && only !== undefined) return yield* only
  const heads = lists.map((list) => list[Symbol.iterator]()).map((rest) => ({ rest, next: rest.next() }))
  for (;;) {
    let least: string | undefined
    for (const { next } of heads) {
      if (next.done !== true && (least === undefined || next.value < least)) least = next.value
    }
    if (least === undefined) return
    yield least
    for (const head of heads) if (head.next.done !== true && head.next.value === least) head.next = head.rest.next()
  }
}
