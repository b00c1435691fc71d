import { mkdirSync, writeFileSync } from 'node:fs'
import { parseName } from '../../registry/protocol/names.ts'
import { withReviews } from '../../registry/service/review-changes.ts'
import { blobPlace, registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { blobRows, linkedRows, linkRows } from '../../registry/storage/rows.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { Row } from '../../shared/rows/row-store.ts'

/** Blobs of a few bytes, 1 000 to a repository. */
export interface StoredBlobs {
  /** The number of the first, and the one after the last: blobs of other numbers are others. */
  readonly from: number
  readonly until: number
  /** Since when garbage collection is to look at them, milliseconds since the epoch; never without it. */
  readonly reviewedAt?: number
}

const atOnce = 2000

/** Stores blobs in the data folder of a registry that does not run: their files and their rows, as if they had been pushed. */
export async function storeBlobs(root: string, { from, until, reviewedAt }: StoredBlobs): Promise<void> {
  const store = await openLevelMetadata({ folder: registryLayout(root).metadata })
  const metadata = reviewedAt === undefined ? store : withReviews(store, () => reviewedAt)
  const folders = new Set<string>()
  for (let first = from; first < until; first += atOnce) {
    const end = Math.min(first + atOnce, until)
    const put: Row[] = []
    for (let i = first; i < end; i++) put.push(...storeBlob(root, i, folders))
    await metadata.commit({ put, isMinor: end < until })
  }
  await store.close()
}

/** Writes the file; the rows that tell of it. */
function storeBlob(root: string, i: number, folders: Set<string>): readonly Row[] {
  const bytes = bytesOf(i)
  const digest = digestOf(bytes)
  const { folder, file } = blobPlace(registryLayout(root), digest)
  if (!folders.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 })
  folders.add(folder)
  writeFileSync(file, bytes, { mode: 0o600 })
  return rowsOf(digest, bytes.length, parseName(`many/r${Math.floor(i / 1000)}`))
}

function rowsOf(digest: Digest, size: number, name: string): readonly Row[] {
  const row = { size, at: 1_700_000_000_000 }
  return [blobRows.row([digest], row), linkRows.row([name, digest], row), linkedRows.row([digest, name], true)]
}

function bytesOf(i: number): string {
  return `blob ${i}`
}

/** Where the file of a blob is. */
export function storedFile(root: string, i: number): string {
  return blobPlace(registryLayout(root), digestOf(bytesOf(i))).file
}
