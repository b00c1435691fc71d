import { eachPage } from '../../shared/rows/each-row.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'

/** Rows that are read at once: an event may have a hundred kilobytes. */
const atOnce = 100

/** How many rows have keys that begin so. Reads them all, some at a time. */
export async function countRows(metadata: Pick<RowStore, 'list'>, prefix: string): Promise<number> {
  let count = 0
  for await (const rows of eventPages(metadata, prefix)) count += rows.length
  return count
}

/** Rows with events in them whose keys begin so, some at a time, as they are when it is their turn. */
export function eventPages(metadata: Pick<RowStore, 'list'>, prefix: string): AsyncGenerator<readonly Row[]> {
  return eachPage(metadata, prefix, atOnce)
}
