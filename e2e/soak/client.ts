// One client process of the soak: its plan comes as JSON in the first argument, and counts go to the process that started it.

import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../registry/conformance/wire.ts'
import { randomFrom } from '../testing/random.ts'
import { Asker } from './asker.ts'
import { BlobPool } from './content.ts'
import { type Counts, Tally } from './counts.ts'
import { Deletes } from './deletes.ts'
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

/** What a client process is told: to push nothing for a while, to go on, to come to its end. */
export type Word = 'wait' | 'go' | 'end'

const reportEvery = 300
/** After so many it is of no use to go on: the server may have ended. */
const mostErrors = 1000

await main(JSON.parse(process.argv[2] ?? '') as SoakPlan)

async function main(plan: SoakPlan): Promise<void> {
  const heard: { last: Word } = { last: 'go' }
  const onOrphaned = (): void => process.exit(1)
  process.on('disconnect', onOrphaned)
  process.on('message', (word) => {
    if (heard.last !== 'end') heard.last = word as Word
  })
  const [tally, wire] = [new Tally(), new Wire(plan.base)]
  const report = (isDone: boolean, then = (): void => {}): void => {
    const told: ClientReport = { counts: tally.counts, messages: tally.takeMessages(), isDone }
    process.send?.(told, then)
  }
  const timer = setInterval(() => report(false), reportEvery)
  const lanes = Array.from({ length: lanesOfClient }, (_, i) => makeLane(plan, i, { tally, wire }))
  await Promise.all(lanes.map((lane) => runLane(lane, plan, { tally, heard })))
  for (const lane of lanes) await attempt(tally, () => lane.lookAtAll())
  clearInterval(timer)
  wire.close()
  process.off('disconnect', onOrphaned)
  report(true, () => process.disconnect())
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
    deletes: new Deletes(asker, tally, random),
  })
}

async function runLane(
  lane: Lane,
  { pushes, until = Number.POSITIVE_INFINITY }: SoakPlan,
  { tally, heard }: { readonly tally: Tally; readonly heard: { readonly last: Word } },
): Promise<void> {
  const { counts } = tally
  const isOver = (): boolean => heard.last === 'end' || counts.pushes >= pushes || counts.errors >= mostErrors
  while (!isOver() && Date.now() < until) {
    if (heard.last === 'go') await attempt(tally, () => lane.turn())
    else if (!(await attempt(tally, () => lane.reviveNext()))) await sleep(10)
  }
}

async function attempt<T>(tally: Tally, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    tally.fail('errors', error instanceof Error ? error.message : String(error))
    return undefined
  }
}
