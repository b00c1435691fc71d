import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../testing/random.ts'
import type { SoakServer } from './server.ts'

/** Milliseconds between two kills: at least, and at most so many more. After a start nothing is collected for the time of a lease. */
const [least, more] = [8000, 8000]

/** Kills the server and starts it anew until the signal comes; resolves with the number of times, and with a server that runs. */
export async function killAgain(server: SoakServer, random: Random, signal: AbortSignal): Promise<number> {
  for (let kills = 0; ; kills++) {
    if (!(await goesOn(least + random.int(more), signal))) return kills
    await server.stop('SIGKILL')
    await server.start()
  }
}

/** False when the signal comes first. */
export async function goesOn(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}
