// Prints what receivers of events hear of while the disk, which is the argument, is full, and afterwards.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openOutbox } from '../../../registry/events/outbox.ts'
import { endpointAt, settingsFor } from '../../../registry/events/testing/scene.ts'
import { RegistryError } from '../../../registry/protocol/error.ts'
import { createService } from '../../../registry/service/create-service.ts'
import { imageOf, named, pushArtifact } from '../../../registry/service/testing/images.ts'
import { openFileDriver } from '../../../registry/storage/file-driver.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { fillDisk } from '../../testing/own-disk.ts'

const [disk = ''] = process.argv.slice(2)
const name = named('a')
const heard: string[] = []
const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const { events } = JSON.parse(Buffer.concat(pieces).toString()) as {
      readonly events: readonly { readonly action: string; readonly target: { readonly tag?: string } }[]
    }
    for (const { action, target } of events) if (target.tag !== undefined) heard.push(`${action} ${target.tag}`)
    response.end()
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
const port = typeof address === 'object' ? address?.port : 0

const folder = registryLayout(disk).metadata
mkdirSync(folder, { recursive: true })
const level = await openLevelMetadata({ folder, ballast: 4 * 2 ** 20 })
const outbox = await openOutbox({ metadata: level })
const service = await createService({
  driver: await openFileDriver(disk),
  metadata: outbox.watch(level),
  tell: outbox.tell,
})
const log = { warn: () => undefined, info: () => undefined }
await outbox.configure(settingsFor([endpointAt(`http://127.0.0.1:${port}/`)]), {
  housekeep: (work) => service.housekeep(work),
  log,
  address: () => 'x:1',
})
const heardOf = async (text: string): Promise<void> => {
  for (let i = 0; i < 1000 && !heard.includes(text); i++) await sleep(20)
}
const attempt = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work()
    return 'done'
  } catch (error) {
    return error instanceof RegistryError ? `${error.code} ${error.status}` : String(error)
  }
}

await pushArtifact(service, name, imageOf('one'), ['one', 'two'])
await heardOf('push two')
for (let i = 0; i < 200 && !existsSync(join(folder, 'ballast')); i++) await sleep(20)
const filler = join(disk, 'filler')
fillDisk(filler)
const pushed = await attempt(() => pushArtifact(service, name, imageOf('other'), ['other']))
const removed = await attempt(() => service.manifests.remove(name, { tag: 'one' }))
await heardOf('delete one')
rmSync(filler)
await sleep(600)
const after = await attempt(() => pushArtifact(service, name, imageOf('three'), ['three']))
await heardOf('push three')
const { last, endpoints } = await outbox.admin.status()
await outbox.close()
await service.close()
server.close()
server.closeAllConnections()
process.stdout.write(
  JSON.stringify({
    pushed,
    removed,
    after,
    heard,
    last,
    dead: endpoints[0]?.deadLetters,
    backlog: endpoints[0]?.backlog,
  }),
)
