import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { imageOf, named, pushArtifact } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'

const app = named('a')

/** A driver that counts who has a blob open, at most; each for a while. */
function watched(): { readonly driver: BlobDriver; readonly most: () => number } {
  const driver = createMemoryDriver()
  let [now, most] = [0, 0]
  const open: BlobDriver['open'] = async (digest) => {
    const reader = await driver.open(digest)
    if (reader === undefined) return undefined
    most = Math.max(most, ++now)
    await sleep(5)
    return { size: reader.size, read: (...args) => reader.read(...args), close: async () => void now-- }
  }
  return { driver: { ...driver, open }, most: () => most }
}

for (const [title, length, wanted] of [
  ['large', 100_000, 8],
  ['small', 10, 30],
] as const) {
  test(`of ${title} manifests that are in no cache ${wanted} are read at a time`, async (t) => {
    const { driver, most } = watched()
    const metadata = createMemoryMetadata()
    const first = await memoryRegistry({ driver: { ...driver }, metadata })
    const tags = Array.from({ length: 30 }, (_, i) => `t${i}`)
    for (const tag of tags) {
      const annotations = { large: tag.padEnd(length) }
      await pushArtifact(first.service, app, imageOf('x', { annotations }), [tag])
    }
    const { service } = await memoryRegistry({ driver, metadata }) // with empty caches
    const all = await Promise.all(tags.map((tag) => service.manifests.get(app, { tag })))
    t.is(new Set(all.map(({ digest }) => digest)).size, tags.length)
    t.is(most(), wanted)
  })
}
