/** Something read, and how many bytes it was read from. */
export interface Read<T> {
  readonly value: T
  readonly bytes: number
}

/** Makes a function that reads when it is called, and remembers what it read. */
export type Keep = <T extends object>(read: () => Read<T>) => () => T

/** Remembers for ever: for a few things. */
export const keepAlways: Keep = <T extends object>(read: () => Read<T>) => {
  let value: T | undefined
  return () => (value ??= read().value)
}

/**
 * Remembers what was used last, of all that goes through it at most `mostBytes` and always the last one; what was forgotten
 * is read anew. For any number of things of which few are looked at again soon.
 */
export function keepRecent(mostBytes: number): Keep {
  /** How to forget, by what is remembered; in the order of last use. */
  const kept = new Map<() => void, number>()
  let total = 0
  const touch = (forget: () => void, bytes: number): void => {
    total += bytes - (kept.get(forget) ?? 0)
    kept.delete(forget)
    kept.set(forget, bytes)
    for (const [oldest, size] of kept) {
      if (total <= mostBytes || oldest === forget) return
      oldest()
      kept.delete(oldest)
      total -= size
    }
  }
  return <T extends object>(read: () => Read<T>) => {
    let known: Read<T> | undefined
    const forget = (): void => {
      known = undefined
    }
    return () => {
      const { value, bytes } = (known ??= read())
      touch(forget, bytes)
      return value
    }
  }
}
