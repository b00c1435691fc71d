import { type Digest, isDigest } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { blobRows, holderRows } from '../storage/rows.ts'

/** Something that has bytes, and the key of the row that says so. */
export interface StoredDigest {
  readonly key: string
  readonly digest: Digest
}

/** First blobs, then manifests: each in the order of their digests. */
const prefixes = [blobRows.prefix(), holderRows.prefix()] as const

/** The next digest behind a row, and the first without one; undefined behind the last. A row that names none is passed over. */
export async function nextStored(metadata: Pick<RowStore, 'list'>, after: string): Promise<StoredDigest | undefined> {
  const start = prefixes.findIndex((prefix) => after.startsWith(prefix))
  for (const prefix of prefixes.slice(Math.max(0, start))) {
    const found = await firstOf(metadata, prefix, after.startsWith(prefix) ? after : undefined)
    if (found !== undefined) return found
  }
  return undefined
}

/** Of the repositories that hold one manifest it is told once. */
async function firstOf(
  metadata: Pick<RowStore, 'list'>,
  prefix: string,
  after: string | undefined,
): Promise<StoredDigest | undefined> {
  for (let last = after; ; ) {
    const [row] = await metadata.list({ prefix, limit: 1, ...(last !== undefined && { after: behind(last) }) })
    if (row === undefined) return undefined
    const digest = digestIn(row.key)
    if (isDigest(digest)) return { key: row.key, digest }
    last = row.key
  }
}

/** Comes after all keys of that kind and digest: in these a space follows, if anything. */
function behind(key: string): string {
  return `${key.split(' ')[0]} ${digestIn(key)}!`
}

function digestIn(key: string): string {
  return key.split(' ')[1] ?? ''
}
