import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients } from './clients.ts'
import type { SoakServer } from './server.ts'

/** So many looks that are due, and clients wait; so few, and they go on. */
const [most, few] = [160, 16]
/** Milliseconds between two questions. */
const every = 100

/**
 * Holds the clients back while the collector is behind, until the signal comes: it lets those who push go first, and what it
 * looks at long after a push was in no danger. Resolves with the milliseconds for which they were held.
 */
export async function holdBack(clients: Clients, server: SoakServer, signal: AbortSignal): Promise<number> {
  let [held, since] = [0, 0]
  while (!signal.aborted) {
    const due = await server.due()
    if (since === 0 && due !== undefined && due > most) {
      since = performance.now()
      clients.tell('wait')
    } else if (since > 0 && (due === undefined || due < few)) {
      held += performance.now() - since
      since = 0
      clients.tell('go')
    }
    await sleep(every)
  }
  return held
}
