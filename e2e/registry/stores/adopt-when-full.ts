import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { adoptedService } from '../../../registry/adopt/adopted-service.ts'
import { openAdoption } from '../../../registry/adopt/adoption.ts'
import { writeTree } from '../../../registry/adopt/testing/write-tree.ts'
import { createCatalogCursor } from '../../../registry/service/catalog-cursor.ts'
import { createService } from '../../../registry/service/create-service.ts'
import { checkRegistry } from '../../../registry/service/testing/check-registry.ts'
import { imageOf, named } from '../../../registry/service/testing/images.ts'
import { openFileDriver } from '../../../registry/storage/file-driver.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { fillDisk } from '../../testing/own-disk.ts'
import { until } from './outcome.ts'

/**
 * `adopt-when-full.ts DISK`: a registry and the storage of another one on a disk of their own, which is full when that is taken
 * over, and has room again later. Prints a report as JSON.
 */
const [disk = ''] = process.argv.slice(2)
const root = join(disk, 'root')
const folder = registryLayout(root).metadata
mkdirSync(root)
const tree = writeTree(disk)
const names = ['a', 'b', 'c']
for (const name of names) tree.push(name, imageOf(name), ['1'])

const metadata = await openLevelMetadata({ folder, ballast: 4 * 2 ** 20 })
const driver = await openFileDriver(root)
const inner = await createService({ driver, metadata, limits: { reserve: 2 ** 20 } })
const warnings: string[] = []
const adoption = await openAdoption({
  metadata,
  takeOver: inner.takeOver,
  onNotice: () => undefined,
  onWarning: (text) => warnings.push(text.replace(disk, '')),
  patience: 100,
})
const service = adoptedService({
  service: inner,
  takeOver: inner.takeOver,
  cursor: await createCatalogCursor(metadata),
  source: () => adoption.source(),
  sourceFor: (name) => adoption.sourceFor(name),
})

/** Repositories whose image is there as it was pushed. */
async function whole(from: typeof inner): Promise<string[]> {
  const found: string[] = []
  for (const name of names) {
    const manifest = await from.manifests.get(named(name), { tag: '1' }).catch(() => undefined)
    if (manifest?.digest === imageOf(name).digest) found.push(name)
  }
  return found
}

await adoption.adopt(tree.root)
await until(() => existsSync(join(folder, 'ballast')))
const filler = join(disk, 'filler')
fillDisk(filler)
await sleep(600)
adoption.begin()
await until(() => warnings.length > 0)
const whenFull = { state: (await adoption.status())?.state, served: await whole(service), taken: await whole(inner) }
rmSync(filler)
await until(async () => (await adoption.status())?.state === 'done')
const status = await adoption.status()
const later = { state: status?.state, flaws: status?.counts.flaws, taken: await whole(inner) }
const problems = await checkRegistry({ metadata, driver })
await adoption.close()
await service.close()
process.stdout.write(`${JSON.stringify({ whenFull, warnings, later, problems })}\n`)
