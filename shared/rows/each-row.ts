import type { Row, RowStore } from './row-store.ts'

const usualSize = 1000

/** All rows with a prefix, in the order of their keys, read page by page: what is changed meanwhile may be among them or not. */
export async function* eachRow(metadata: Pick<RowStore, 'list'>, prefix: string): AsyncGenerator<Row> {
  for await (const rows of eachPage(metadata, prefix, usualSize)) yield* rows
}

/** The same, up to `size` rows at a time; no page is empty. Each is read when it is asked for. */
export async function* eachPage(
  metadata: Pick<RowStore, 'list'>,
  prefix: string,
  size: number,
): AsyncGenerator<readonly Row[]> {
  for (let after: string | undefined; ; ) {
    const rows = await metadata.list({ prefix, limit: size, ...(after !== undefined && { after }) })
    if (rows.length > 0) yield rows
    if (rows.length < size) return
    after = rows.at(-1)?.key
  }
}
