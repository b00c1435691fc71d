import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { keyPart, purgingRows } from './rows.ts'
import type { Purging } from './types.ts'

/** Notes that the trash gave content up. */
export function purgingChange(purging: Purging): Change {
  return { put: [purgingRows.row([keyPart(purging.repository), keyPart(purging.digest)], purging)] }
}

/** Notes that whoever frees it knows. */
export function purgedChange({ repository, digest }: Purging): Change {
  return { remove: [purgingRows.key(keyPart(repository), keyPart(digest))] }
}

/** What the trash gave up and nobody was told of yet. */
export async function listPurging(rows: RowStore, limit: number): Promise<readonly Purging[]> {
  const found = await rows.list({ prefix: purgingRows.prefix(), limit })
  return found.map(({ key, value }) => purgingRows.parse(key, value))
}
