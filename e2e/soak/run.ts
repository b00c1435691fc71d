import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GcCounts } from '../../registry/gc/types.ts'
import { randomFrom } from '../testing/random.ts'
import { type Clients, startClients } from './clients.ts'
import { type Counts, faultsIn, sumOf, Tally } from './counts.ts'
import { type AtTheEnd, lookAtTheEnd } from './end.ts'
import { holdBack } from './hold.ts'
import { goesOn, killAgain } from './kill.ts'
import type { SoakPlan } from './plan.ts'
import { SoakServer } from './server.ts'
import type { Weakness } from './weakness.ts'

export interface SoakOptions {
  readonly pushes: number
  /** Processes. */
  readonly clients: number
  readonly seed: number
  /** It ends after so many minutes at the latest. */
  readonly minutes?: number | undefined
  /** Kills the server now and then. */
  readonly isKilled?: boolean | undefined
  /** What is switched off in the server. */
  readonly without?: Weakness | undefined
  /** Ends with the first fault, and looks no further. */
  readonly isOneEnough?: boolean | undefined
  /** What is told while it runs, one line; faults too. */
  readonly tell: (line: string) => void
}

export interface SoakResult {
  readonly seed: number
  readonly clients: number
  /** Of the pushing. */
  readonly seconds: number
  /** Of these, how long they waited for the collector. */
  readonly secondsHeld: number
  readonly kills: number
  readonly counts: Counts
  /** While the clients ran; and until the end. */
  readonly collectedMeanwhile: GcCounts
  readonly collected: GcCounts
  /** Undefined when a fault was enough. */
  readonly end: AtTheEnd | undefined
  /** True when the registry kept all of its promises. */
  readonly isGood: boolean
  /** The data folder, when it was not removed because something is wrong in it. */
  readonly root?: string
}

const tellEvery = 5000
/** Milliseconds of a lease. Of a server that is killed: also long enough for its start. */
const [shortLease, longLease] = [1000, 5000]

/** Pushes, mounts, deletes and pulls against a server that collects garbage all the time, and counts what went wrong. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { without, isKilled = false } = options
  const lease = isKilled ? longLease : shortLease
  const root = mkdtempSync(join(tmpdir(), 'ibuild-soak-'))
  const server = new SoakServer({ root, lease, without })
  await server.start()
  try {
    const result = await runWith(server, { ...options, root, lease })
    if (result.isGood) rmSync(root, { recursive: true })
    return result.isGood ? result : { ...result, root }
  } catch (error) {
    options.tell(`the data folder is left: ${root}`)
    throw error
  } finally {
    await server.stop('SIGKILL').catch(() => undefined)
  }
}

interface Running extends SoakOptions {
  readonly root: string
  readonly lease: number
}

async function runWith(server: SoakServer, running: Running): Promise<SoakResult> {
  const { seed, clients: processes, tell, isKilled = false, isOneEnough = false } = running
  const began = performance.now()
  const clients = startClients(plansFor(server.base, running), { tell, isOneEnough })
  const over = new AbortController()
  const teller = progress(clients, server, { ...running, signal: over.signal })
  const killing = isKilled ? killAgain(server, randomFrom(seed), over.signal) : Promise.resolve(0)
  const holding = holdBack(clients, server, over.signal)
  try {
    await Promise.race([clients.done, killing.then(() => clients.done)])
  } finally {
    over.abort()
    clients.stop()
    await teller
  }
  const [kills, held] = [await killing, await holding]
  const seconds = (performance.now() - began) / 1000
  const collectedMeanwhile = await server.collected()
  const tally = new Tally()
  const isOver = isOneEnough && faultsIn(clients.counts()) > 0
  const end = isOver ? undefined : await lookAtTheEnd(server, running, tally)
  for (const message of tally.takeMessages()) tell(`at the end: ${message}`)
  const counts = sumOf([clients.counts(), tally.counts])
  const collected = await server.collected()
  const isGood = faultsIn(counts) === 0
  const secondsHeld = held / 1000
  return { seed, clients: processes, seconds, secondsHeld, kills, counts, collectedMeanwhile, collected, end, isGood }
}

function plansFor(base: string, { pushes, clients, seed, minutes, isKilled = false, lease }: Running): SoakPlan[] {
  const until = minutes === undefined ? undefined : Date.now() + minutes * 60_000
  return Array.from({ length: clients }, (_, client) => ({
    base,
    seed,
    client,
    clients,
    pushes: Math.ceil((pushes * (client + 1)) / clients) - Math.ceil((pushes * client) / clients),
    until,
    lease,
    isKilled,
  }))
}

async function progress(
  clients: Clients,
  server: SoakServer,
  { pushes, tell, signal }: Running & { readonly signal: AbortSignal },
): Promise<void> {
  let [at, before] = [performance.now(), 0]
  while (await goesOn(tellEvery, signal)) {
    const counts = clients.counts()
    const perSecond = ((counts.pushes - before) * 1000) / (performance.now() - at)
    ;[at, before] = [performance.now(), counts.pushes]
    const collected = await server.collected().catch(() => undefined)
    const gone = collected === undefined ? '' : `; collected ${collected.blobs} files, ${collected.freed} bytes`
    tell(`${counts.pushes} of ${pushes} pushes, ${perSecond.toFixed(0)} a second${gone}; ${faultsIn(counts)} wrong`)
  }
}
