import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Change } from '../../shared/rows/row-store.ts'
import { blobRows, doomedRows, holderRows, linkedRows } from '../storage/rows.ts'
import type { ServiceParts } from './parts.ts'

type Parts = Pick<ServiceParts, 'driver' | 'metadata' | 'locks' | 'holds'>

/** True when there are rows with this prefix that are not `beingRemoved`. */
async function hasOthers(
  { metadata }: Pick<Parts, 'metadata'>,
  prefix: string,
  beingRemoved: readonly string[] = [],
): Promise<boolean> {
  const rows = await metadata.list({ prefix, limit: beingRemoved.length + 1 })
  return rows.some(({ key }) => !beingRemoved.includes(key))
}

async function isNamed(parts: Pick<Parts, 'metadata'>, digest: Digest): Promise<boolean> {
  if ((await parts.metadata.get(blobRows.key(digest))) !== undefined) return true
  return (await hasOthers(parts, linkedRows.prefix(digest))) || hasOthers(parts, holderRows.prefix(digest))
}

type Removal = Required<Pick<Change, 'remove' | 'append'>> & Pick<Change, 'expect' | 'expectNone'>

/**
 * Makes a change that removes rows by which repositories have the blob `digest`. The row of the blob goes with the last of
 * them, and after these rows the bytes, unless they are also a manifest: true then. For one who holds the lock of the digest. A
 * process that is killed in between leaves a row for {@link removeDoomed}.
 */
export async function removeRows(parts: Parts, digest: Digest, change: Removal): Promise<boolean> {
  const { metadata } = parts
  if (await hasOthers(parts, linkedRows.prefix(digest), change.remove)) return made(metadata.commit(change))
  const last = { ...change, remove: [...change.remove, blobRows.key(digest)] }
  if (await hasOthers(parts, holderRows.prefix(digest))) return made(metadata.commit(last))
  await metadata.commit({ ...last, put: [doomedRows.row([digest], true)] })
  await removeBytes(parts, digest)
  return true
}

async function made(change: Promise<void>): Promise<false> {
  await change
  return false
}

/** Ends a removal whose rows are gone, or leaves it, by the row that dooms the bytes, to when nobody holds any more. */
async function removeBytes({ driver, metadata, holds }: Parts, digest: Digest): Promise<void> {
  if (holds.count > 0) await metadata.commit({ put: [doomedRows.row([digest], true)], isMinor: true })
  if (holds.count > 0) return
  await driver.remove(digest)
  await metadata.commit({ remove: [doomedRows.key(digest)], isMinor: true })
}

/**
 * Removes bytes that no row names, as an upload may leave that was cut off between the two, and the row that dooms them; that
 * row also where they have a name again. All under the lock: who dooms them anew keeps his row.
 */
export async function removeUnnamed(parts: Parts & Pick<ServiceParts, 'locks'>, digest: Digest): Promise<void> {
  await parts.locks.run(digest, async () => void (await removeIfUnnamed(parts, digest)))
}

/** The same for one who holds the lock. True when they go, at once or when nobody holds any more. */
export async function removeIfUnnamed(parts: Parts, digest: Digest): Promise<boolean> {
  if (await isNamed(parts, digest)) {
    await parts.metadata.commit({ remove: [doomedRows.key(digest)], isMinor: true })
    return false
  }
  await removeBytes(parts, digest)
  return true
}

const atOnce = 1000

/**
 * Ends the removals in which an earlier process was interrupted, and those that waited for somebody who held, as long as the
 * guard allows and nobody holds. Costs what these are.
 */
export async function removeDoomed(parts: Parts & Pick<ServiceParts, 'guard'>): Promise<void> {
  for (let after: string | undefined; ; ) {
    const range = { prefix: doomedRows.prefix(), limit: atOnce, ...(after !== undefined && { after }) }
    // Not by an iterator: its turns let a registry that is closed at once begin to refuse before the first row is looked at.
    const rows = await parts.metadata.list(range)
    for (const { key } of rows) {
      parts.guard()
      if (parts.holds.count > 0) return
      await removeUnnamed(parts, parseDigest(lastPart(key)))
    }
    if (rows.length < atOnce) return
    after = rows.at(-1)?.key
  }
}
