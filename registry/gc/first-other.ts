import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'

/** Rows that are read first of those of which one is looked for. */
const firstLook = 16

/** The last part of a row of which this is not true. Mostly one of the first is. */
export async function firstOther(
  metadata: RowStore,
  prefix: string,
  isOne: (last: string) => boolean,
): Promise<string | undefined> {
  const first = await metadata.list({ prefix, limit: firstLook })
  const other = first.map(({ key }) => lastPart(key)).find((last) => !isOne(last))
  if (other !== undefined || first.length < firstLook) return other
  for await (const { key } of eachRow(metadata, prefix)) if (!isOne(lastPart(key))) return lastPart(key)
  return undefined
}
