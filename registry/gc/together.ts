import type { RowStore } from '../../shared/rows/row-store.ts'

/** Works side by side whose changes are made together, so that they share a sync. */
export interface Together {
  /** The metadata for these works. A change that is not minor waits for the others. */
  readonly metadata: RowStore
  /** One of the works has ended. */
  leave(): void
}

/**
 * Milliseconds that a change waits at most: a work may wait for somebody who waits for another one of these.
 */
const patience = 50

/** For so many works over these metadata. */
export function createTogether(metadata: RowStore, count: number): Together {
  let busy = count
  let waiting: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  const release = (): void => {
    clearTimeout(timer)
    timer = undefined
    busy += waiting.length
    for (const go of waiting.splice(0)) go()
  }
  const left = (): void => {
    busy--
    if (busy === 0) release()
  }
  const others = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      timer ??= setTimeout(release, patience)
      left()
    })
  return {
    metadata: {
      ...metadata,
      commit: async (change) => {
        if (change.isMinor !== true) await others()
        return metadata.commit(change)
      },
    },
    leave: left,
  }
}
