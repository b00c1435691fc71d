import { type Digest, isDigest } from '../../shared/base/digest.ts'
import type { MetadataStore } from '../storage/metadata-types.ts'
import { blobRows, holderRows } from '../storage/rows.ts'

/** Something that has bytes, and the key of the row that says so. */
export interface StoredDigest {
  readonly key: string
  readonly digest: Digest
}

/** First blobs, then manifests: each in the order of their digests. */
const prefixes = [blobRows.prefix(), holderRows.prefix()] as const

/** The next digest behind a row, and the first without one; undefined behind the last. A row that names none is passed over. */
export async function nextStored(
  metadata: Pick<MetadataStore, 'list'>,
  after: string,
): Promise<StoredDigest | undefined> {
  const start = prefixes.findIndex((prefix) => after.startsWith(prefix))
  for (const prefix of prefixes.slice(Math.max(0, start))) {
    const found = await firstOf(metadata, prefix, after.startsWith(prefix) ? after : undefined)
    if (found !== undefined) return found
  }
  return undefined
}

/** Of the repositories that hold one manifest it is told once. */
async function firstOf(
  metadata: Pick<MetadataStore, 'list'>,
  prefix: string,
  after: string | undefined,
): Promise<StoredDigest | undefined> {
  for (let last = after; ; ) {
    const before = last?.split(' ')[1]
    const rows = await metadata.list({ prefix, limit: 20, ...(last !== undefined && { after: last }) })
    for (const { key } of rows) {
      const digest = key.split(' ')[1] ?? ''
      if (isDigest(digest) && digest !== before) return { key, digest }
    }
    if (rows.length === 0) return undefined
    last = rows.at(-1)?.key
  }
}
