import { parseName } from '../../registry/protocol/names.ts'
import { createService } from '../../registry/service/create-service.ts'
import { openFileDriver } from '../../registry/storage/file-driver.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { createMemoryDriver } from '../../registry/storage/memory-driver.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'

const day = 24 * 60 * 60 * 1000
const branches = ['develop', 'feature', 'fix', 'main', 'release']
/** Manifests that are pushed at the same time. */
const atOnce = 64

export interface Filled {
  readonly repository: string
  readonly manifests: number
  /** Of each manifest. */
  readonly tags: number
  /** True where bytes of manifests are wanted as well as rows. */
  readonly hasBytes?: boolean
}

/**
 * Puts tags into the data folder of a registry that does not run: `BRANCH-NUMBER` of five branches, and versions, pushed over ninety
 * days. Manifests name nothing. Nothing is synced.
 */
export async function fillTags(root: string, { repository, manifests, tags, hasBytes = false }: Filled): Promise<void> {
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, durability: 'relaxed' })
  const start = Date.now()
  let pushed = 0
  const now = (): number => start - (pushed % 90) * day
  const driver = hasBytes ? await openFileDriver(root, { durability: 'relaxed' }) : createMemoryDriver()
  const service = await createService({ metadata, driver, now })
  const name = parseName(repository)
  const numbers = Array.from({ length: manifests }, (_, i) => i)
  await inParallel(numbers, { atOnce }, async (i) => {
    pushed = i
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], annotations: { n: `${i}` } }),
    )
    const names = Array.from({ length: tags }, (_, k) => tagOf(i * tags + k, manifests * tags))
    await service.manifests.put(name, { digest: digestOf(bytes) }, { bytes, contentType: undefined, tags: names })
  })
  await service.close()
}

/** Every fiftieth is a version. */
function tagOf(i: number, total: number): string {
  if (i % 50 === 0) return `v1.${i}.0`
  return `${branches[Math.floor((i * branches.length) / total)]}-${String(i).padStart(7, '0')}`
}
