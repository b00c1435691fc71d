import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNotaryService } from '../../../notary/service/create-service.ts'
import type { NotaryService } from '../../../notary/service/types.ts'
import { openSignerFolder } from '../../../notary/signer/open-signer.ts'
import { openTrustStore } from '../../../notary/store/open-trust-store.ts'
import { parseGun } from '../../../notary/tuf/gun.ts'
import { parseRole } from '../../../notary/tuf/role.ts'
import { type Published, TestCollection } from '../../../notary/tuf/testing/collection.ts'
import { newKey, type TestKey, testKey } from '../../../notary/tuf/testing/keys.ts'
import type { Gun, PublicKey, RoleName } from '../../../notary/tuf/types.ts'

/**
 * `trust-writer.ts ROOT STEPS ACKS before|after`: a process that publishes a collection. `before` makes it, and writes into STEPS what
 * is to be published next, a folder for each time; `after` does that. After each step it adds a line to ACKS.
 */
export const app: Gun = parseGun('localhost:5000/team/app')

/** The collection of a folder, with signer and all; closing it closes them. */
export async function openNotaryFolder(root: string, onNotice: (notice: string) => void): Promise<NotaryService> {
  const signer = await openSignerFolder({ folder: join(root, 'signer'), ballast: 0, onNotice, now: Date.now })
  const store = await openTrustStore({ folder: join(root, 'trust'), ballast: 0, onNotice })
  return createNotaryService({ store, signer, events: { onNotice } })
}

/** What stands in a folder of STEPS, as it is published. */
export function filesIn(folder: string): Map<RoleName, Buffer> {
  const names = readdirSync(folder)
  return new Map(names.map((name) => [parseRole(name.replaceAll('_', '/')), readFileSync(join(folder, name))]))
}

/** A key of the server in a collection of the test: what the test signs with it is not sent. */
function serverKey(key: PublicKey): TestKey {
  return testKey(newKey('ed25519').privateKey, key)
}

function keep(folder: string, { files }: Published, roles: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  for (const role of roles) {
    const bytes = files.get(parseRole(role))
    if (bytes !== undefined) writeFileSync(join(folder, role.replaceAll('/', '_')), bytes)
  }
}

async function before(service: NotaryService, steps: string): Promise<void> {
  const keys = {
    timestamp: [serverKey(await service.key(app, 'timestamp'))],
    snapshot: [serverKey(await service.key(app, 'snapshot'))],
  }
  const collection = new TestCollection({ gun: app, keys }).addTarget('v1', 'one')
  keep(join(steps, '0'), await collection.publish(), ['root', 'targets'])
  await service.publish(app, filesIn(join(steps, '0')))
  collection.addTarget('v2', 'two')
  keep(join(steps, '1'), await collection.publish(), ['targets'])
  collection.rotate('timestamp', [serverKey(await service.rotateKey(app, 'timestamp'))])
  keep(join(steps, '2'), await collection.publish(), ['root'])
  collection.delegate('targets/bob', [newKey('ecdsa')]).removeTarget('v1')
  keep(join(steps, '3'), await collection.publish(), ['targets', 'targets/bob'])
}

async function after(service: NotaryService, steps: string, told: () => void): Promise<void> {
  for (const step of ['1', '2', '3']) {
    await service.publish(app, filesIn(join(steps, step)))
    told()
  }
  await service.remove(app)
  told()
  await service.publish(app, filesIn(join(steps, '0')))
  told()
}

if (import.meta.main) {
  const [root = '', steps = '', acks = '', part] = process.argv.slice(2)
  const service = await openNotaryFolder(root, (notice) => console.error(notice))
  if (part === 'before') await before(service, steps)
  else await after(service, steps, () => appendFileSync(acks, 'done\n'))
  await service.close()
}
