import { mkdirSync, writeFileSync } from 'node:fs'
import { parseName } from '../../registry/protocol/names.ts'
import { blobPlace, registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import type { Row } from '../../registry/storage/metadata-types.ts'
import { blobRows, linkedRows, linkRows } from '../../registry/storage/rows.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { RegistryRow } from './row.ts'

const atOnce = 2000

/** Stores blobs of a few bytes, 1 000 to a repository: their files and their rows, as if they had been pushed. */
async function storeBlobs(root: string, count: number): Promise<void> {
  const layout = registryLayout(root)
  const store = await openLevelMetadata({ folder: layout.metadata })
  const folders = new Set<string>()
  for (let from = 0; from < count; from += atOnce) {
    const put: Row[] = []
    for (let i = from; i < Math.min(from + atOnce, count); i++) {
      const bytes = `blob ${i}`
      const digest = digestOf(bytes)
      const { folder, file } = blobPlace(layout, digest)
      if (!folders.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 })
      folders.add(folder)
      writeFileSync(file, bytes, { mode: 0o600 })
      put.push(...rowsOf(digest, bytes.length, parseName(`many/r${Math.floor(i / 1000)}`)))
    }
    await store.commit({ put, isMinor: from + atOnce < count })
  }
  await store.close()
}

function rowsOf(digest: Digest, size: number, name: string): Row[] {
  const row = { size, at: 1_700_000_000_000 }
  return [blobRows.row([digest], row), linkRows.row([name, digest], row), linkedRows.row([digest, name], true)]
}

/** Starts on a folder that has much in it. */
export const startRows: readonly RegistryRow[] = [
  {
    name: 'R9',
    title: 'start with 1 000 000 blobs stored, until it answers',
    rounds: 5,
    contenders: ['ibuild'],
    figures: [
      { title: 'time to ready', unit: 's', better: 'less', value: 1 },
      { title: 'time to ready with nothing stored', unit: 's', better: 'less' },
    ],
    async prepare(registry, size) {
      const empty = await registry.restart()
      await registry.restart(() => storeBlobs(registry.root, size === 'full' ? 1_000_000 : 20_000))
      return async () => [(await registry.restart()) / 1000, empty / 1000]
    },
  },
]
