import { numberPart } from '../../shared/rows/log-rows.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { parseRole } from '../tuf/role.ts'
import { keysOfFile } from './file-rows.ts'
import { oldRows } from './rows.ts'
import { supersededBy } from './state.ts'
import type { OldFiles, Publication, Retention } from './types.ts'

/** Files that one publication clears away at most, so that none takes long; the next ones go on. */
const mostAtOnce = 100

/** What a publication does about files that are no more current. */
export interface Clearing {
  readonly put: readonly Row[]
  readonly remove: readonly string[]
  readonly old: OldFiles
}

/**
 * Notes what a publication leaves behind, and takes the oldest of that away where it is more, or older, than is to be kept. The
 * collection's row tells when there is something to look for, so mostly nothing is read.
 */
export async function clearOld(
  rows: Pick<RowStore, 'list'>,
  publication: Publication,
  retention: Retention,
): Promise<Clearing> {
  const { before, at } = publication
  if (before === undefined) return { put: [], remove: [], old: { bytes: 0, since: at } }
  const superseded = supersededBy(publication)
  const put = superseded.map(([role, { version, sha256, sha512, length }]) =>
    oldRows.row([before.id, numberPart(at), role, numberPart(version)], { sha256, sha512, length }),
  )
  const kept = before.old
  const bytes = superseded.reduce((sum, [, { length }]) => sum + length, kept.bytes)
  const old = { bytes, since: kept.bytes === 0 ? at : Math.min(kept.since, at) }
  const isEnough = old.bytes <= retention.bytes && old.since >= at - retention.time
  return isEnough ? { put, remove: [], old } : { put, ...(await clearOldest(rows, before.id, { old, at, retention })) }
}

interface Clear {
  readonly old: OldFiles
  readonly at: number
  readonly retention: Retention
}

/** Of files that were no more current before this publication. */
async function clearOldest(
  rows: Pick<RowStore, 'list'>,
  id: string,
  { old, at, retention }: Clear,
): Promise<Pick<Clearing, 'remove' | 'old'>> {
  const listed = await rows.list({ prefix: oldRows.prefix(id), limit: mostAtOnce + 1 })
  const remove: string[] = []
  let { bytes } = old
  for (const { key, value } of listed.slice(0, mostAtOnce)) {
    const { since, role, version } = partsOf(key)
    if (bytes <= retention.bytes && since >= at - retention.time) return { remove, old: { bytes, since } }
    const { length, ...hashes } = oldRows.parse(key, value)
    bytes -= length
    remove.push(key, ...keysOfFile({ id, role, version }, hashes))
  }
  const next = listed[mostAtOnce]
  return { remove, old: { bytes: Math.max(0, bytes), since: next === undefined ? at : partsOf(next.key).since } }
}

function partsOf(key: string): {
  readonly since: number
  readonly role: ReturnType<typeof parseRole>
  readonly version: number
} {
  const [, , since = '', role = '', version = ''] = key.split(' ')
  return { since: Number(since), role: parseRole(role), version: Number(version) }
}
