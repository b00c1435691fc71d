import type { Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { PageRequest } from '../protocol/page.ts'
import type { CatalogCursor } from '../service/catalog-cursor.ts'
import type { Listing, ReferrersQuery, RegistryService } from '../service/types.ts'
import type { Source } from './source.ts'

/** Two parts of one page: what we have, and the first `count + 1` that the tree has, both in order. */
interface Parts<Item> {
  /** Nothing is known of what comes after its `next`. */
  readonly ours: Listing<Item>
  readonly theirs: readonly Item[]
  readonly count: number
  readonly placeOf: (item: Item) => string
}

/** One page of both, each item once. */
function merge<Item>({ ours, theirs, count, placeOf }: Parts<Item>): Listing<Item> {
  const { next: end } = ours
  const known = theirs.filter((item) => end === undefined || placeOf(item) <= end)
  const all = new Map([...known, ...ours.items].map((item) => [placeOf(item), item]))
  const places = [...all.keys()].sort()
  const page = places.slice(0, count)
  const items = page.flatMap((place) => all.get(place) ?? [])
  const hasMore = places.length > page.length || ours.next !== undefined
  return { items, next: hasMore ? page.at(-1) : undefined }
}

function asText(text: string): string {
  return text
}

/** {@link RegistryService.tags} of both. */
export async function mergedTags(
  { tags }: Pick<RegistryService, 'tags'>,
  source: Source,
  { name, page }: { readonly name: RepositoryName; readonly page: PageRequest },
): Promise<Listing<string>> {
  const { count, last = '' } = page
  const theirs = await source.tags(name, { after: last, limit: count + 1 })
  const ours = await tags(name, page).catch(async (error: unknown) => {
    const isTheirs = theirs.length > 0 || (await source.hasManifest(name))
    if (!(error instanceof RegistryError) || error.code !== 'NAME_UNKNOWN' || !isTheirs) throw error
    return { items: [], next: undefined }
  })
  return count === 0 ? ours : merge({ ours, theirs, count, placeOf: asText })
}

/** Names that are looked at for one page at most, of which a caller may see none. */
const mostLookedAt = 10_000

export interface CatalogParts {
  readonly page: PageRequest
  readonly isVisible: (name: RepositoryName) => boolean
  readonly cursor: CatalogCursor
}

/** {@link RegistryService.catalog} of both. */
export async function mergedCatalog(
  { catalog }: Pick<RegistryService, 'catalog'>,
  source: Source,
  { page, isVisible, cursor }: CatalogParts,
): Promise<Listing<string>> {
  const { count } = page
  const ours = await catalog(page, isVisible)
  if (count === 0) return ours
  const theirs: RepositoryName[] = []
  let [after, lookedAt] = [cursor.open(page.last) ?? '', 0]
  for await (const name of source.repositories(after)) {
    after = name
    if (isVisible(name)) theirs.push(name)
    if (theirs.length > count || ++lookedAt === mostLookedAt) break
  }
  // Beyond where either was looked at nothing is known of it.
  const ends = [lookedAt === mostLookedAt ? after : undefined, cursor.open(ours.next)].filter(
    (end) => end !== undefined,
  )
  const end = ends.sort()[0]
  const isKnown = (name: string): boolean => end === undefined || name <= end
  const known = { items: ours.items.filter(isKnown), next: end }
  const { items, next } = merge({ ours: known, theirs, count, placeOf: asText })
  const hasRoom = items.length < count
  return { items, next: cursor.seal(hasRoom ? end : next, items) }
}

/** Clients read no more of an index than of a manifest: 4 MiB. */
const mostText = 3 * 1024 * 1024

/** {@link RegistryService.referrers} of both. */
export async function mergedReferrers(
  { referrers }: Pick<RegistryService, 'referrers'>,
  source: Source,
  asked: { readonly name: RepositoryName; readonly subject: Digest; readonly query: ReferrersQuery },
): Promise<Listing<Descriptor>> {
  const { name, subject, query } = asked
  const { artifactType, page } = query
  const ours = await referrers(name, subject, query)
  if (page.count === 0) return ours
  const all = await source.referrers(name, subject)
  const wanted = all.filter((each) => artifactType === undefined || each.artifactType === artifactType)
  const theirs = wanted.filter((each) => page.last === undefined || placeOf(each) > page.last)
  return cut(merge({ ours, theirs, count: page.count, placeOf }))
}

/** As listings of referrers are ordered, and go on. */
function placeOf({ artifactType = '', digest }: Descriptor): string {
  return `${artifactType} ${digest}`
}

function cut({ items, next }: Listing<Descriptor>): Listing<Descriptor> {
  let text = 0
  for (const [i, item] of items.entries()) {
    text += JSON.stringify(item).length
    const before = items[i - 1]
    if (text > mostText && before !== undefined) return { items: items.slice(0, i), next: placeOf(before) }
  }
  return { items, next }
}
