import { asInteger } from '../base/json.ts'
import { type RowKind, rowKind } from './row-kind.ts'
import type { Row, RowStore } from './row-store.ts'

/** Rows under the same first word are a log: `LOG NUMBER`, and `last LOG` tells how far it goes, also when rows are removed. */
export const lastRows: RowKind<[log: string], number> = rowKind('last', asInteger)

/** A number of a log as it stands in keys, so that they sort by it. */
export function numberPart(number: number): string {
  return String(number).padStart(16, '0')
}

/** The rows that put `value` behind what the log has: numbers have no gaps. `last` is the value of its `last LOG`. */
export function appendedRows(log: string, value: string, last: string | undefined): readonly [entry: Row, last: Row] {
  const number = 1 + (last === undefined ? 0 : lastRows.parse(lastRows.key(log), last))
  return [{ key: `${log} ${numberPart(number)}`, value }, lastRows.row([log], number)]
}

/** The number of the last row that a log ever had; 0 for a new one. */
export async function lastNumber(metadata: Pick<RowStore, 'get'>, log: string): Promise<number> {
  const key = lastRows.key(log)
  const value = await metadata.get(key)
  return value === undefined ? 0 : lastRows.parse(key, value)
}
