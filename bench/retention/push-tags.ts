import { parseName } from '../../registry/protocol/names.ts'
import { createService } from '../../registry/service/create-service.ts'
import { openFileDriver } from '../../registry/storage/file-driver.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { type Filled, pushed } from './tags.ts'

/** Manifests that are pushed at the same time. */
const atOnce = 64

/** Pushes tags into the data folder of a registry that does not run, bytes of manifests and all, without their blobs. Nothing is synced. */
export async function pushTags(root: string, filled: Filled): Promise<void> {
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, durability: 'relaxed' })
  const service = await createService({
    metadata,
    driver: await openFileDriver(root, { durability: 'relaxed' }),
    sparse: 'accept',
  })
  const name = parseName(filled.repository)
  const numbers = Array.from({ length: filled.manifests }, (_, i) => i)
  await inParallel(numbers, { atOnce }, async (i) => {
    const { bytes, tags } = pushed(i, filled)
    await service.manifests.put(name, { digest: digestOf(bytes) }, { bytes, contentType: undefined, tags })
  })
  await service.close()
}
