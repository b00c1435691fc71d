import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { isName } from '../protocol/names.ts'
import type { PageRequest } from '../protocol/page.ts'
import { repositoryRows, tagRows } from '../storage/rows.ts'
import type { CatalogCursor } from './catalog-cursor.ts'
import { hasRepository, nameUnknown } from './repositories.ts'
import type { Listing } from './types.ts'

/** {@link RegistryService.tags} */
export async function listTags(
  metadata: RowStore,
  name: RepositoryName,
  { count, last }: PageRequest,
): Promise<Listing<string>> {
  const rows = await rowsAfter(metadata, tagRows.prefix(name), { after: last, limit: count === 0 ? 0 : count + 1 })
  if (rows.length === 0 && !(await hasRepository(metadata, name))) throw nameUnknown(name)
  const items = rows.slice(0, count).map(({ key }) => lastPart(key))
  return { items, next: rows.length > count ? items.at(-1) : undefined }
}

/** Names that are looked at for one page at most, of which a caller may see none. */
const mostLookedAt = 10_000
const rowsAtOnce = 1000

export interface CatalogOptions {
  readonly page: PageRequest
  readonly isVisible: (name: RepositoryName) => boolean
  readonly cursor: CatalogCursor
}

/**
 * {@link RegistryService.catalog}. Where a page ends at a name that the caller may not see, `next` is a sealed form of it.
 */
export async function listRepositories(metadata: RowStore, options: CatalogOptions): Promise<Listing<string>> {
  const { page, isVisible, cursor } = options
  const items: RepositoryName[] = []
  let after = cursor.open(page.last)
  if (page.count === 0) return { items, next: undefined }
  for (let lookedAt = 0; lookedAt < mostLookedAt; ) {
    const limit = lookedAt === 0 ? page.count + 1 : rowsAtOnce
    const rows = await rowsAfter(metadata, repositoryRows.prefix(), { after, limit })
    for (const name of rows.map(({ key }) => lastPart(key)).filter(isName)) {
      if (isVisible(name) && items.length === page.count) return { items, next: cursor.seal(after, items) }
      if (isVisible(name)) items.push(name)
      after = name
    }
    if (rows.length < limit) return { items, next: undefined }
    lookedAt += rows.length
  }
  return { items, next: cursor.seal(after, items) }
}

function rowsAfter(
  metadata: RowStore,
  prefix: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly Row[]> {
  return metadata.list({ prefix, limit, ...(after !== undefined && { after: prefix + after }) })
}
