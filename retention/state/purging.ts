import { eachRow } from '../../shared/rows/each-row.ts'
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
export async function* eachPurging(rows: RowStore): AsyncGenerator<Purging> {
  for await (const { key, value } of eachRow(rows, purgingRows.prefix())) yield purgingRows.parse(key, value)
}
