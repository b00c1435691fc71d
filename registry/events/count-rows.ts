import type { MetadataStore } from '../storage/metadata-types.ts'

/** Rows that are read at once: an event may have a hundred kilobytes. */
const page = 100

/** How many rows have keys that begin so. Reads them all, some at a time. */
export async function countRows(metadata: Pick<MetadataStore, 'list'>, prefix: string): Promise<number> {
  let count = 0
  for await (const rows of pagesOf(metadata, prefix)) count += rows.length
  return count
}

/** Rows whose keys begin so, some at a time, as they are when it is their turn. */
export async function* pagesOf(
  metadata: Pick<MetadataStore, 'list'>,
  prefix: string,
): AsyncGenerator<Awaited<ReturnType<MetadataStore['list']>>> {
  for (let after: string | undefined; ; ) {
    const rows = await metadata.list({ prefix, limit: page, ...(after !== undefined && { after }) })
    if (rows.length > 0) yield rows
    if (rows.length < page) return
    after = rows.at(-1)?.key
  }
}
