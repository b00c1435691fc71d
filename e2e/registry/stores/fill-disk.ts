import { randomBytes } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createService } from '../../../registry/service/create-service.ts'
import { checkRegistry } from '../../../registry/service/testing/check-registry.ts'
import { imageOf, named, pushArtifact, pushBlob, pushed } from '../../../registry/service/testing/images.ts'
import type { RegistryService } from '../../../registry/service/types.ts'
import { openFileDriver } from '../../../registry/storage/file-driver.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { digestOf } from '../../../shared/base/digest.ts'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import { fillDisk } from '../../testing/own-disk.ts'
import { outcome, until } from './outcome.ts'

/**
 * `fill-disk.ts ROOT`: a registry in a folder that is a disk of its own, of 450 MB. The disk is filled, by a file and by the
 * metadata themselves, and freed again. Prints a report as JSON.
 */
const [root = ''] = process.argv.slice(2)
const app = named('app')
const filler = path.join(root, 'filler')
const ballast = path.join(registryLayout(root).metadata, 'ballast')
const notices: string[] = []

interface Opened {
  readonly service: RegistryService
  readonly metadata: RowStore
  readonly problems: () => Promise<string[]>
}

async function openRegistry(): Promise<Opened> {
  const driver = await openFileDriver(root)
  const metadata = await openLevelMetadata({
    folder: registryLayout(root).metadata,
    onNotice: (notice) => notices.push(notice),
  })
  const service = await createService({ driver, metadata, limits: { reserve: 1024 * 1024 } })
  return { service, metadata, problems: () => checkRegistry({ metadata, driver }) }
}

/** Nothing that a database would compress. */
const noise = randomBytes(50_000).toString('base64')
const valueOf = (i: number): string => `${i} ${noise}`

/** Writes rows until no more can be written. */
async function fillMetadata(metadata: RowStore): Promise<{ written: number; error: string }> {
  for (let written = 0; written < 2000; written++) {
    const result = await outcome(metadata.commit({ put: [{ key: `x ${written}`, value: valueOf(written) }] }))
    if (result !== 'done') return { written, error: result }
  }
  return { written: 2000, error: 'none' }
}

async function countRows(metadata: RowStore, written: number): Promise<number> {
  let count = 0
  for (let i = 0; i < written; i++) if ((await metadata.get(`x ${i}`)) === valueOf(i)) count++
  return count
}

const { service, metadata } = await openRegistry()
const [old, doomed, next] = [imageOf('old'), imageOf('doomed'), imageOf('next')]
const oldDigest = await pushArtifact(service, app, old, ['old'])
await pushArtifact(service, app, doomed, ['doomed'])
for (const blob of next.blobs) await pushBlob(service, app, blob)
const hadBallast = await until(() => statSync(ballast, { throwIfNoEntry: false })?.size === 24 * 1024 * 1024)

fillDisk(filler)
await sleep(600)
const whenFull = {
  'push a manifest': await outcome(service.manifests.put(app, { tag: 'next' }, pushed(next))),
  'start an upload': await outcome(service.uploads.start(app)),
  'remove a tag': await outcome(service.manifests.remove(app, { tag: 'doomed' })),
  'remove a manifest': await outcome(service.manifests.remove(app, { digest: doomed.digest })),
  'remove a blob': await outcome(service.blobs.remove(app, digestOf(doomed.blobs[1] ?? ''))),
  pull: await outcome(service.manifests.get(app, { tag: 'old' })),
}
const { written, error } = await fillMetadata(metadata)
await sleep(600)
const whenNothingIsLeft = {
  'remove a tag': await outcome(service.manifests.remove(app, { tag: 'old' })),
  pull: await outcome(service.manifests.get(app, { tag: 'old' })),
  rows: (await countRows(metadata, written)) - written,
}
rmSync(filler)
await sleep(600)
const whenFree = {
  'push a manifest': await outcome(service.manifests.put(app, { tag: 'next' }, pushed(next))),
  tags: (await service.tags(app, { count: 9, last: undefined })).items,
}
await service.close()

const again = await openRegistry()
const reopened = {
  rows: (await countRows(again.metadata, written)) - written,
  old: (await again.service.manifests.get(app, { tag: 'old' })).digest === oldDigest,
  tags: (await again.service.tags(app, { count: 9, last: undefined })).items,
  problems: await again.problems(),
}
await again.service.close()
process.stdout.write(
  `${JSON.stringify({ hadBallast, whenFull, written, error, whenNothingIsLeft, whenFree, reopened, notices })}\n`,
)
