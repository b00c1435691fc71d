import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createNotaryService } from '../../../notary/service/create-service.ts'
import { followCollection } from '../../../notary/service/testing/check-collection.ts'
import { createMemorySigner } from '../../../notary/service/testing/memory-signer.ts'
import { heldKey } from '../../../notary/service/testing/service-scene.ts'
import { openTrustStore } from '../../../notary/store/open-trust-store.ts'
import { parseGun } from '../../../notary/tuf/gun.ts'
import { TestCollection } from '../../../notary/tuf/testing/collection.ts'
import type { Gun } from '../../../notary/tuf/types.ts'
import { outcome, until } from '../../registry/stores/outcome.ts'
import { fillDisk } from '../../testing/own-disk.ts'

/**
 * `publish-when-full.ts DISK`: trusted collections on a disk of their own, which is filled to the last byte and
 * freed again. Prints a report as JSON.
 */
const [disk = ''] = process.argv.slice(2)
const folder = join(disk, 'trust')
const filler = join(disk, 'filler')
const notices: string[] = []
const store = await openTrustStore({ folder, ballast: 4 * 2 ** 20, onNotice: (notice) => void notices.push(notice) })
const signer = createMemorySigner()
const service = createNotaryService({ store, signer })
const [app, other] = ['localhost:5000/team/app', 'localhost:5000/team/other'].map(parseGun) as [Gun, Gun]

async function newCollection(gun: Gun): Promise<TestCollection> {
  const timestamp = await heldKey({ service, signer }, gun, 'timestamp')
  const snapshot = await heldKey({ service, signer }, gun, 'snapshot')
  return new TestCollection({ gun, keys: { timestamp: [timestamp], snapshot: [snapshot] } })
}

async function publish(collection: TestCollection): Promise<string> {
  const { files } = await collection.publish()
  const sent = new Map([...files].filter(([role]) => role === 'root' || role === 'targets'))
  return outcome(service.publish(collection.gun, sent))
}

async function stateOf(gun: Gun): Promise<string> {
  const found = await followCollection(service, gun)
  return found === undefined ? 'none' : [found.files.get('targets')?.version, ...found.problems].join(' ')
}

const collection = await newCollection(app)
const before = [await publish(collection), await publish(await newCollection(other))]
await until(() => existsSync(join(folder, 'ballast')))
fillDisk(filler)
const whenFull: string[] = []
for (let i = 0; i < 200 && !whenFull.includes('DISK_FULL'); i++) {
  collection.addTarget(`v${i}`, 'x', 'targets', randomBytes(50_000).toString('base64'))
  whenFull.push(await publish(collection))
}
const version = whenFull.filter((each) => each === 'done').length + 1
const seen = await stateOf(app)
const refused = await outcome(service.remove(other))
rmSync(filler)
await sleep(600) // a write that failed is not tried again at once
const freed = await publish(collection.addTarget('last', 'last'))
const removed = await outcome(service.remove(other))
const told = notices.map((notice) => notice.replace(/ \(.*\)/, ''))
const report = {
  before,
  isRefused: whenFull.at(-1) === 'DISK_FULL',
  isSeenAsBefore: seen === String(version),
  refused,
  freed,
  removed,
  other: await stateOf(other),
  problems: (await followCollection(service, app))?.problems,
  // Where half a second passes between two writes, the second one is tried as well.
  notices: [...new Set(told)],
  last: told.at(-1),
}
await service.close()
console.log(JSON.stringify(report))
