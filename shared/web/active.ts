import type { ServerResponse } from 'node:http'
import { inTime } from '../base/in-time.ts'

/** The requests that are being answered. */
export interface ActiveRequests {
  readonly count: number
  /** Counts an answer until its connection or the answer ends. */
  add(response: ServerResponse): void
  /** Lets no connection live on after the answer that is on its way on it. */
  closeAfterwards(): void
  /** Resolves with true when there is none; with false after `time` milliseconds. */
  ended(time: number): Promise<boolean>
}

export function activeRequests(): ActiveRequests {
  const active = new Set<ServerResponse>()
  const { promise, resolve } = Promise.withResolvers<true>()
  let isEnding = false
  const tellIfEnded = (): void => {
    if (isEnding && active.size === 0) resolve(true)
  }
  return {
    get count() {
      return active.size
    },
    add(response) {
      active.add(response)
      response.once('close', () => {
        active.delete(response)
        tellIfEnded()
      })
    },
    closeAfterwards() {
      for (const response of active) response.shouldKeepAlive = false
    },
    async ended(time) {
      isEnding = true
      tellIfEnded()
      return inTime(promise, time, false)
    },
  }
}
