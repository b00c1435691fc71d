/** Gathers what is told of pulls, so that no pull waits for it, and writes it some at a time. */
export interface PullQueue {
  /** Takes an event; `make` is called unless an equal `key` waits already. Never fails and never waits. */
  add(key: string, make: () => string): void
  /** Pulls that nobody is told of: too many came at once, or they could not be written. */
  readonly untold: number
  /** Writes what waits. */
  close(): Promise<void>
}

export interface PullQueueOptions {
  /** Resolves with false when it was not done. */
  readonly write: (events: readonly string[]) => Promise<boolean>
  /** Milliseconds until what came is written, and in which equal pulls are told once. */
  readonly every?: number
  /** Characters that wait at most. */
  readonly most?: number
}

/** So many are written in one change. */
const atOnce = 500

export function createPullQueue({ write, every = 500, most = 4 * 1024 * 1024 }: PullQueueOptions): PullQueue {
  let waiting = new Map<string, string>()
  let length = 0
  let untold = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const flush = async (): Promise<void> => {
    const events = [...waiting.values()]
    waiting = new Map()
    for (let i = 0; i < events.length; i += atOnce) {
      const part = events.slice(i, i + atOnce)
      const isWritten = await write(part).catch(() => false)
      if (!isWritten) untold += part.length
      length -= part.reduce((sum, event) => sum + event.length, 0)
    }
  }
  const flushNow = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(flush)
    return writing
  }
  return {
    add: (key, make) => {
      if (waiting.has(key)) return
      if (length > most) {
        untold++
        return
      }
      const event = make()
      waiting.set(key, event)
      length += event.length
      timer ??= setTimeout(() => void flushNow(), every).unref()
    },
    get untold() {
      return untold
    },
    close: flushNow,
  }
}
