import type { MetadataStore, Row } from './metadata-types.ts'

const page = 1000

/** All rows with a prefix, in the order of their keys, read page by page: what is changed meanwhile may be among them or not. */
export async function* eachRow(metadata: Pick<MetadataStore, 'list'>, prefix: string): AsyncGenerator<Row> {
  for (let after: string | undefined; ; ) {
    const rows = await metadata.list({ prefix, limit: page, ...(after !== undefined && { after }) })
    yield* rows
    if (rows.length < page) return
    after = rows.at(-1)?.key
  }
}
