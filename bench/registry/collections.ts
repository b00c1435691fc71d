import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAdmin } from '../../registry/server/admin/client.ts'
import type { RegistryAdmin } from '../../registry/server/admin/types.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import type { Size } from '../servers/row.ts'
import type { RegistryContender } from './contender.ts'
import { p99, startPushing } from './paced-pushes.ts'
import type { RegistryRow } from './row.ts'
import { storeBlobs, storedFile } from './stored-blobs.ts'

interface Amounts {
  /** Blobs that are removed in a round. */
  readonly blobs: number
  /** Milliseconds of pushes before anything is measured, longer than leases last, and of those while nothing is due. */
  readonly warm: number
  readonly idle: number
}

const amounts: Readonly<Record<Size, Amounts>> = {
  full: { blobs: 20_000, warm: 4500, idle: 20_000 },
  small: { blobs: 4000, warm: 4000, idle: 3000 },
}
const lease = '3s'
const [rate, layer] = [25, 50_000]
/** Milliseconds since nothing refers to the blobs: what waits is due by itself after an hour, and before that when it is asked for. */
const age = 30 * 60_000

/** Removes so many blobs, and there must be no more that can be removed. */
async function collect(admin: RegistryAdmin, blobs: number): Promise<void> {
  for (let removed = 0; removed < blobs; ) {
    const round = await admin.gcRun(true)
    removed += round.blobs
    if (round.blobs === 0 || round.failures > 0 || removed > blobs)
      throw new Error(`${removed} of ${blobs} blobs are removed: ${JSON.stringify(round)}`)
  }
}

async function adminOf(root: string): Promise<RegistryAdmin> {
  const admin = await connectAdmin(registryLayout(root).adminSocket)
  if (admin === undefined) throw new Error(`no server runs on ${root}`)
  return admin
}

interface Round extends Amounts {
  /** Number of its first blob. */
  readonly first: number
}

/** Milliseconds of pushes while nothing is collected and while blobs are, and how many of these go in a second. */
interface Measured {
  readonly idle: readonly number[]
  readonly busy: readonly number[]
  readonly removed: number
}

async function pushWhileCollecting(registry: RegistryContender, round: Round): Promise<Measured> {
  const { root } = registry
  const [from, until] = [round.first, round.first + round.blobs]
  await registry.restart(() => storeBlobs(root, { from, until, reviewedAt: Date.now() - age }))
  expectFiles(root, { from, until, count: round.blobs })
  execFileSync('sync')
  const admin = await adminOf(root)
  const pushing = startPushing({ host: registry.host, repository: `bench/pushed-${from}`, rate, layer })
  await sleep(round.warm)
  const began = performance.now()
  await sleep(round.idle)
  const { total } = await admin.gcStatus()
  if (total.blobs > 0) throw new Error(`${total.blobs} blobs were removed too early`)
  const collecting = performance.now()
  await collect(admin, round.blobs)
  const ended = performance.now()
  await pushing.stop()
  expectFiles(root, { from, until, count: 0 })
  return {
    idle: await pushing.between(began, collecting),
    busy: await pushing.between(collecting, ended),
    removed: (round.blobs * 1000) / (ended - collecting),
  }
}

function expectFiles(
  root: string,
  { from, until, count }: { readonly from: number; readonly until: number; readonly count: number },
): void {
  let found = 0
  for (let i = from; i < until; i++) if (existsSync(storedFile(root, i))) found++
  if (found !== count) throw new Error(`${found} of ${until - from} blobs have bytes, not ${count}`)
}

/** Pushes beside garbage collection. The others have none while they are pushed to. */
export const collectionRows: readonly RegistryRow[] = [
  {
    name: 'R8',
    title: `pushes of ${rate} images a second while garbage collection removes 100 000 blobs, 20 000 in each round`,
    rounds: 5,
    contenders: ['ibuild'],
    env: { IBUILD_REGISTRY_GC_LEASE: lease },
    figures: [
      { title: 'p99 of pushes to p99 without collection', unit: 'x', better: 'less', value: 1.2 },
      { title: 'p99 without collection', unit: 'ms', better: 'less' },
      { title: 'p99 during collection', unit: 'ms', better: 'less' },
      { title: 'blobs removed', unit: '1/s', better: 'more' },
    ],
    async prepare(registry, size) {
      let first = 0
      return async (round) => {
        const amount = amounts[round === 0 ? 'small' : size]
        const { idle, busy, removed } = await pushWhileCollecting(registry, { ...amount, first })
        first += amount.blobs
        return [p99(busy) / p99(idle), p99(idle), p99(busy), removed]
      }
    },
  },
]
