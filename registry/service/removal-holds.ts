/**
 * Keeps bytes that rows named a moment ago, for those who still want to read what these rows name. Rows are removed all the
 * same; the row that dooms the bytes stays, and these go when nobody holds any more. A process that is killed meanwhile leaves
 * such rows as any other interrupted removal does.
 */
export interface RemovalHolds {
  /** How many hold. Whoever is about to remove bytes asks after the change that takes their last row away. */
  readonly count: number
  /** Holds until the result is called, once or more often. To be called before the rows are read. */
  hold(): () => void
}

/** `onFree` is called each time when the last one lets go. */
export function createRemovalHolds(onFree: () => void): RemovalHolds {
  const held = new Set<symbol>()
  return {
    get count() {
      return held.size
    },
    hold: () => {
      const own = Symbol('hold')
      held.add(own)
      return () => {
        if (held.delete(own) && held.size === 0) onFree()
      }
    },
  }
}
