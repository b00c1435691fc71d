// One client process of the soak: its plan comes as JSON in the first argument, and counts go to the process that started it.

import { Wire } from '../registry/conformance/wire.ts'
import { randomFrom } from '../testing/random.ts'
import { Asker } from './asker.ts'
import { BlobPool } from './content.ts'
import { type Counts, Tally } from './counts.ts'
import { Lane } from './lane.ts'
import { lanesOfClient, type SoakPlan } from './plan.ts'
import { BlobPusher } from './push-blob.ts'
import { ContentPusher } from './push-content.ts'

/** What a client process sends, again and again; the last one has `isDone`. */
export interface ClientReport {
  readonly counts: Counts
  /** Of faults, since the report before. */
  readonly messages: readonly string[]
  readonly isDone: boolean
}

const reportEvery = 300
/** A client with so many faults has proved its point. */
const mostFaults = 1000

if (process.send !== undefined) await main(JSON.parse(process.argv[2] ?? '') as SoakPlan)

async function main(plan: SoakPlan): Promise<void> {
  process.on('disconnect', () => process.exit(1))
  const [tally, wire] = [new Tally(), new Wire(plan.base)]
  const report = (isDone: boolean): void =>
    void process.send?.({ counts: tally.counts, messages: tally.takeMessages(), isDone } satisfies ClientReport)
  const timer = setInterval(() => report(false), reportEvery)
  const lanes = Array.from({ length: lanesOfClient }, (_, i) => makeLane(plan, i, { tally, wire }))
  await Promise.all(lanes.map((lane) => runLane(lane, plan, tally)))
  for (const lane of lanes) await attempt(tally, () => lane.lookAtAll())
  clearInterval(timer)
  report(true)
  wire.close()
  process.disconnect()
}

function makeLane(plan: SoakPlan, i: number, { tally, wire }: { tally: Tally; wire: Wire }): Lane {
  const { seed, client, lease } = plan
  const random = randomFrom(seed * 1009 + client * lanesOfClient + i)
  const asker = new Asker(wire, plan.isKilled, () => tally.add('again'))
  const blobs = new BlobPusher(asker, tally, random)
  const pusher = new ContentPusher({ asker, tally, random, blobs, lease })
  return new Lane({
    plan,
    name: `c${client}-l${i}`,
    asker,
    tally,
    random,
    pool: new BlobPool(seed),
    blobs,
    pusher,
  })
}

async function runLane(
  lane: Lane,
  { pushes, until = Number.POSITIVE_INFINITY }: SoakPlan,
  tally: Tally,
): Promise<void> {
  while (tally.counts.pushes < pushes && Date.now() < until && tally.counts.errors < mostFaults)
    await attempt(tally, () => lane.turn())
}

async function attempt(tally: Tally, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    tally.fail('errors', error instanceof Error ? error.message : String(error))
  }
}
