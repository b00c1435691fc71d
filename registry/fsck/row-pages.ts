import { eachPage } from '../../shared/rows/each-row.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { hasFineKey } from './known-rows.ts'

const pageSize = 500

/** Rows of a kind, but for those whose keys cannot be read. */
export async function* rowPages(metadata: RowStore, prefix: string): AsyncGenerator<readonly Row[]> {
  for await (const page of allPages(metadata, prefix)) yield page.filter(({ key }) => hasFineKey(key))
}

/** All rows whose key begins with `prefix`, some at a time. Rows may be changed meanwhile. */
export function allPages(metadata: RowStore, prefix: string): AsyncGenerator<readonly Row[]> {
  return eachPage(metadata, prefix, pageSize)
}

/** The parts of a key behind its kind. */
export function partsOf(key: string): readonly string[] {
  return key.split(' ').slice(1)
}
