import { parseManifest } from '../../registry/protocol/manifest.ts'
import { parseName, type RepositoryName } from '../../registry/protocol/names.ts'
import { linkedBlob } from '../../registry/service/links.ts'
import { planPush } from '../../registry/service/push-plan.ts'
import { allMutable } from '../../registry/service/tag-rules.ts'
import { gcStateRow } from '../../registry/storage/gc-rows.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { pulledRows } from '../../registry/storage/pull-rows.ts'
import { settingRows } from '../../registry/storage/rows.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { day, type Filled, pushed } from './tags.ts'

/** Tags whose rows are sorted together, so that the database has little to sort, and rows of one change. */
const [sortedTogether, atOnce] = [50_000, 2000]

/**
 * Puts the rows of tags into the data folder of a registry that does not run: those that a push plans, for a million pushes take very long.
 * They were pushed over ninety days, and every fourth manifest was pulled since. There are no bytes. Nothing is synced.
 */
export async function fillTags(root: string, filled: Filled): Promise<void> {
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, durability: 'relaxed' })
  const start = Date.now()
  await metadata.commit({ put: settled(start) })
  const together = Math.max(1, Math.floor(sortedTogether / filled.tags))
  for (let from = 0; from < filled.manifests; from += together) {
    const rows = new Map<string, string>()
    const to = Math.min(filled.manifests, from + together)
    for (let i = from; i < to; i++) for (const { key, value } of await rowsOf(i, filled, start)) rows.set(key, value)
    await putSorted(metadata, rows)
  }
  await metadata.close()
}

/** What a registry says of itself that has run for months: nothing of it has to be counted or looked through when it is opened. */
function settled(start: number): Row[] {
  return [
    gcStateRow({ pass: 'done' }),
    settingRows.row(['usage'], 'counted'),
    settingRows.row(['pulls-since'], start - 120 * day),
  ]
}

async function rowsOf(i: number, filled: Filled, start: number): Promise<readonly Row[]> {
  const name: RepositoryName = parseName(filled.repository)
  const { bytes, blobs, tags } = pushed(i, filled)
  const facts = parseManifest(bytes, undefined)
  const digest = digestOf(bytes)
  const manifest = { digest, mediaType: facts.mediaType, bytes }
  const at = start - (i % 90) * day - (i % 80_000) * 1000
  const push = { name, ref: { digest }, manifest, facts, tags, sparse: 'refuse' as const, at }
  const links = blobs.flatMap((blob) => linkedBlob(name, blob.digest, { size: blob.size, at }))
  const metadata = createMemoryRows() // with what the push needs, and nothing that is in its way
  await metadata.commit({ put: links })
  const { change } = await planPush({ metadata, hasBytes: async () => true, immutableBy: allMutable }, push)
  const pulled = i % 4 === 0 ? [pulledRows.row([name, digest], { at: start - ((i / 4) % 60) * day })] : []
  return [...links, ...(change?.put ?? []), ...pulled]
}

async function putSorted(metadata: RowStore, rows: ReadonlyMap<string, string>): Promise<void> {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }))
  for (let from = 0; from < sorted.length; from += atOnce) {
    await metadata.commit({ put: sorted.slice(from, from + atOnce), isMinor: true })
  }
}
