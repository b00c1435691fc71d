/**
 * Gives each caller what a look shows that began after the call. Callers who come while one goes on share the next one: there is never more
 * than one at a time.
 */
export function createFreshLook<T>(look: () => Promise<T>): () => Promise<T> {
  let going: Promise<unknown> | undefined
  let next: Promise<T> | undefined
  const begin = async (): Promise<T> => {
    await going?.catch(() => undefined)
    next = undefined
    const mine = look()
    going = mine
    return mine
  }
  return () => (next ??= begin())
}
