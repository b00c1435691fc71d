import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Collector, createCollector } from '../../../registry/gc/collector.ts'
import { createService } from '../../../registry/service/create-service.ts'
import { checkRegistry } from '../../../registry/service/testing/check-registry.ts'
import { artifactOf, imageOf, named, pushArtifact } from '../../../registry/service/testing/images.ts'
import { openFileDriver } from '../../../registry/storage/file-driver.ts'
import { blobPlace, registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { digestOf } from '../../../shared/base/digest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { fillDisk } from '../../testing/own-disk.ts'
import { outcome, until } from './outcome.ts'

/**
 * `collect-when-full.ts DISK`: a registry on a disk of its own, which is filled; then a tag is deleted, and garbage collection
 * makes room by itself. Prints a report as JSON.
 */
const [disk = ''] = process.argv.slice(2)
const [app, folder] = [named('app'), registryLayout(disk).metadata]
const settings = { enabled: true, delay: 0, lease: 0, untagged: { remove: true, keep: 0 } }
const metadata = await openLevelMetadata({ folder, ballast: 4 * 2 ** 20 })
const driver = await openFileDriver(disk)
const notices: string[] = []
let collector: Collector | undefined
const service = await createService({
  driver,
  metadata,
  limits: { reserve: 2 ** 20 },
  lease: () => settings.lease,
  attach: (inner) => {
    collector = createCollector({ ...inner, settings: () => settings }, { onNotice: (notice) => notices.push(notice) })
    return collector
  },
})

const large = randomBytes(30 * 2 ** 20)
const config = Buffer.from('{"config":"large"}')
const image = artifactOf(
  {
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.ociLayer, digest: digestOf(large), size: large.length }],
  },
  [config, large],
)
const { file } = blobPlace(registryLayout(disk), digestOf(large))
settings.enabled = false // what is pushed has no lease here
await pushArtifact(service, app, imageOf('kept'), ['kept'])
await pushArtifact(service, app, image, ['large'])
settings.enabled = true
await until(() => existsSync(path.join(folder, 'ballast')))
fillDisk(path.join(disk, 'filler'))
await sleep(600) // what the disk said before is not believed for longer
const pushNext = (): Promise<string> => outcome(pushArtifact(service, app, imageOf('next'), ['next']))
const refused = await pushNext()
const deleted = await outcome(service.manifests.remove(app, { tag: 'large' }))
const isCollected = await until(() => !existsSync(file))
settings.lease = 60_000 // a push relies on its blobs
await sleep(600)
const report = {
  refused,
  deleted,
  isCollected,
  pushed: await pushNext(),
  tags: (await service.tags(app, { count: 9, last: undefined })).items,
  problems: await checkRegistry({ metadata, driver }),
  failures: collector?.total.failures,
  notices,
}
await service.close()
process.stdout.write(`${JSON.stringify(report)}\n`)
