import test from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseName, type RepositoryName } from '../protocol/names.ts'
import type { PageRequest } from '../protocol/page.ts'
import type { Listing } from '../service/types.ts'
import { mergedCatalog, mergedReferrers, mergedTags } from './merged-listings.ts'
import type { Source } from './source.ts'

const name = parseName('a/b')

function pageOf<Item>(
  items: readonly Item[],
  { count, last = '' }: PageRequest,
  placeOf: (item: Item) => string,
): Listing<Item> {
  const after = items.filter((item) => placeOf(item) > last)
  const page = after.slice(0, count)
  const end = page.at(-1)
  return { items: page, next: after.length > count && end !== undefined ? placeOf(end) : undefined }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

/** A source of which only what is given is asked. */
function sourceOf(parts: Partial<Source>): Source {
  const unused = (): never => {
    throw new Error('nobody asks for this')
  }
  const all = { manifest: unused, blob: unused, tags: unused, tagsOf: unused, repositories: unused }
  return { ...all, hasManifest: unused, referrers: unused, ...parts }
}

/** All pages one after the other; each but the last has something or leads on, and none has too much. */
async function allPages<Item>(
  count: number,
  list: (page: PageRequest) => Promise<Listing<Item>>,
): Promise<readonly Item[]> {
  const found: Item[] = []
  for (let last: string | undefined, pages = 0; ; pages++) {
    const { items, next } = await list({ count, last })
    if (items.length > count || pages > 100) throw new Error('a page is too long, or there is no end')
    found.push(...items)
    if (next === undefined) return found
    last = next
  }
}

const few = fc.uniqueArray(fc.stringMatching(/^[a-c]{1,3}$/), { maxLength: 12 }).map((texts) => texts.toSorted())
const counts = fc.integer({ min: 1, max: 5 })
const asText = (text: string): string => text
const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])].sort()

test('tags of both, each once and in order, whatever the size of pages', async (t) => {
  const check = async (ours: readonly string[], theirs: readonly string[], count: number): Promise<void> => {
    const source = sourceOf({
      tags: async (_name, { after, limit }) => theirs.filter((tag) => tag > after).slice(0, limit),
      hasManifest: async () => true,
    })
    const tags = async (_name: RepositoryName, page: PageRequest): Promise<Listing<string>> => {
      if (ours.length === 0) throw new RegistryError('NAME_UNKNOWN', 'none')
      return pageOf(ours, page, asText)
    }
    const found = await allPages(count, (page) => mergedTags({ tags }, source, { name, page }))
    t.deepEqual(found, union(ours, theirs))
  }
  await fc.assert(fc.asyncProperty(few, few, counts, check), { numRuns: 150 })
})

test('repositories of both that one may see, with cursors that tell no other name', async (t) => {
  const cursor = {
    open: (last: string | undefined) => last?.replace(/^~/, ''),
    seal: (at: string | undefined, seen: readonly string[]) => (at === undefined || at === seen.at(-1) ? at : `~${at}`),
  }
  const check = async (ours: readonly string[], theirs: readonly string[], count: number): Promise<void> => {
    const isVisible = (text: string): boolean => !text.includes('b')
    const source = sourceOf({
      repositories: (after) => each(theirs.filter((text) => text > after).map((text) => parseName(text))),
    })
    // Looks at two names a page at most, and goes on behind them.
    const catalog = async (page: PageRequest): Promise<Listing<string>> => {
      const last = cursor.open(page.last) ?? ''
      const looked = ours.filter((text) => text > last).slice(0, 2)
      const items = looked.filter(isVisible).slice(0, page.count)
      const end = items.length === page.count ? items.at(-1) : looked.at(-1)
      const hasMore = end !== undefined && ours.some((text) => text > end)
      return { items, next: hasMore ? cursor.seal(end, items) : undefined }
    }
    const found = await allPages(count, async (page) => {
      const listing = await mergedCatalog({ catalog }, source, { page, isVisible, cursor })
      if (listing.next !== undefined && !listing.next.startsWith('~')) t.true(isVisible(listing.next))
      return listing
    })
    t.deepEqual(found, union(ours, theirs).filter(isVisible))
  }
  await fc.assert(fc.asyncProperty(few, few, counts, check), { numRuns: 150 })
})

test('referrers of both, in the order of types and digests', async (t) => {
  const subject = digestOf('subject')
  const descriptor = (text: string): Descriptor => ({
    mediaType: 'application/json',
    digest: digestOf(text),
    size: 1,
    artifactType: `a/${text.slice(0, 1)}`,
  })
  const placeOf = ({ artifactType = '', digest }: Descriptor): string => `${artifactType} ${digest}`
  const inOrder = (texts: readonly string[]): Descriptor[] =>
    texts.map(descriptor).sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  const check = async (ours: readonly string[], theirs: readonly string[], count: number): Promise<void> => {
    const source = sourceOf({ referrers: async () => theirs.map(descriptor) })
    const referrers = async (
      _name: RepositoryName,
      _subject: Digest,
      { page }: { readonly page: PageRequest },
    ): Promise<Listing<Descriptor>> => pageOf(inOrder(ours), page, placeOf)
    const found = await allPages(count, (page) =>
      mergedReferrers({ referrers }, source, { name, subject, query: { page } }),
    )
    t.deepEqual(found, inOrder(union(ours, theirs)))
  }
  await fc.assert(fc.asyncProperty(few, few, counts, check), { numRuns: 100 })
})
