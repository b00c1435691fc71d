import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import type { Change } from '../storage/metadata-types.ts'
import { lastPart } from '../storage/row-kind.ts'
import { blobRows, doomedRows, holderRows, linkedRows } from '../storage/rows.ts'
import type { ServiceParts } from './parts.ts'

type Parts = Pick<ServiceParts, 'driver' | 'metadata' | 'locks'>

/** True when no repository has the digest as a blob or as a manifest, but perhaps the rows that are `beingRemoved`. */
async function isUnused(
  { metadata }: Pick<Parts, 'metadata'>,
  digest: Digest,
  beingRemoved: readonly string[] = [],
): Promise<boolean> {
  const limit = beingRemoved.length + 1
  for (const prefix of [linkedRows.prefix(digest), holderRows.prefix(digest)]) {
    const rows = await metadata.list({ prefix, limit })
    if (rows.some(({ key }) => !beingRemoved.includes(key))) return false
  }
  return true
}

/**
 * Makes a change that removes rows naming `digest`; when nobody names it then, its bytes go as well, after the rows. For one
 * who holds the lock of the digest. A process that is killed in between leaves a row for {@link removeDoomed}.
 */
export async function removeRows(parts: Parts, digest: Digest, remove: readonly string[]): Promise<void> {
  const { driver, metadata } = parts
  if (!(await isUnused(parts, digest, remove))) return metadata.commit({ remove })
  const change: Change = { remove: [...remove, blobRows.key(digest)], put: [doomedRows.row([digest], true)] }
  await metadata.commit(change)
  await driver.remove(digest)
  await metadata.commit({ remove: [doomedRows.key(digest)], isMinor: true })
}

/** Removes bytes that no row names, as an upload may leave that was cut off between the two. */
export async function removeUnnamed(parts: Parts, digest: Digest): Promise<void> {
  const { driver, metadata, locks } = parts
  await locks.run(digest, async () => {
    const isNamed = (await metadata.get(blobRows.key(digest))) !== undefined
    if (!isNamed && (await isUnused(parts, digest))) await driver.remove(digest)
  })
}

/** Ends the removals in which an earlier process was interrupted. Costs what these are. */
export async function removeDoomed(parts: Parts): Promise<void> {
  const { metadata } = parts
  const rows = await metadata.list({ prefix: doomedRows.prefix(), limit: 10_000 })
  for (const { key } of rows) {
    await removeUnnamed(parts, parseDigest(lastPart(key)))
    await metadata.commit({ remove: [key], isMinor: true })
  }
}
