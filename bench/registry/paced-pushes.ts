import { setTimeout as sleep } from 'node:timers/promises'
import { makeBlob, RegistryClient } from './client.ts'

export interface PacedPushes {
  /** Of registries, `HOST:PORT`. */
  readonly host: string
  readonly repository: string
  /** Images a second. */
  readonly rate: number
  /** Bytes of the one layer that each has. */
  readonly layer: number
}

/** Images that are pushed one by one at a fixed rate, whether those before are done or not. */
export interface Pushing {
  /** Milliseconds of each push that began in this time; of `performance.now()`. Those that are not done are waited for. */
  between(from: number, until: number): Promise<readonly number[]>
  /** No push begins any more; resolves when all are done. The error is the first of any push. */
  stop(): Promise<void>
}

interface Push {
  readonly startedAt: number
  /** Milliseconds. */
  readonly took: Promise<number>
}

/** Clients that wait for a slow answer before they ask for more would leave out what they would have waited for. */
export function startPushing({ host, repository, rate, layer }: PacedPushes): Pushing {
  const client = new RegistryClient(host, 256)
  const pushes: Push[] = []
  const begin = (): void => {
    const blob = makeBlob(layer)
    const startedAt = performance.now()
    const pushed = client.pushImage(repository, `t${pushes.length}`, blob)
    const took = pushed.then(() => performance.now() - startedAt)
    took.catch(() => {}) // told by who waits for it
    pushes.push({ startedAt, took })
  }
  const stop = new AbortController()
  const loop = async (): Promise<void> => {
    for (let next = performance.now(); !stop.signal.aborted; next += 1000 / rate) {
      await sleep(Math.max(0, next - performance.now()))
      begin()
    }
  }
  const running = loop()
  const all = (some: readonly Push[]): Promise<readonly number[]> => Promise.all(some.map(({ took }) => took))
  return {
    between: (from, until) => all(pushes.filter(({ startedAt }) => startedAt >= from && startedAt < until)),
    stop: async () => {
      stop.abort()
      await running
      await all(pushes).finally(() => client.close())
    },
  }
}

/** The value that one in a hundred is above. */
export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN
}
