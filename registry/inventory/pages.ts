import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { eachPage } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { keeperOfManifest } from '../gc/keepers.ts'
import type { ServiceInner } from '../service/create-service.ts'
import { type LooseRow, looseRows } from '../storage/gc-rows.ts'
import type { LedTag } from './led-tags.ts'
import type { ManifestFacts, ManifestLook } from './manifest-facts.ts'
import type { PulledIn } from './pulled.ts'
import type { RememberedTags } from './remembered-tags.ts'
import type { ContentFacts } from './types.ts'
import type { Uses } from './uses.ts'

export interface PageParts extends Pick<ServiceInner, 'metadata' | 'immutableBy'> {
  readonly look: ManifestLook
  readonly tags: RememberedTags
}

/** What is read once for all pages of a repository. */
export interface PageContext {
  readonly name: string
  readonly pulledIn: PulledIn
  readonly uses: Uses
}

const pageSize = 1000
/** Manifests without a tag of which it is looked up at the same time what keeps them. */
const atOnce = 32

/** Tags in byte order. What one page leads to is read while the one before it is used, and the rows of the next. */
export async function* tagPages(parts: PageParts, context: PageContext): AsyncGenerator<readonly ContentFacts[]> {
  for await (const { led } of oneAhead(parts.tags.pages(context.name)))
    yield await tagFacts(parts, context, (await led).tags)
}

/** What is true of tags now beside what they lead to. */
export async function tagFacts(
  { immutableBy }: Pick<PageParts, 'immutableBy'>,
  { name, pulledIn, uses }: PageContext,
  tags: readonly LedTag[],
): Promise<readonly ContentFacts[]> {
  const pulledAt = await pulledIn(tags)
  const ruleOf = immutableBy(name)
  return tags.map(({ tag, digest, at, size, below }, i) => ({
    tag,
    digest,
    at,
    size,
    pulledAt: pulledAt[i],
    immutableBy: ruleOf?.(tag),
    inUse: uses(digest, below),
  }))
}

/** Manifests without a tag, that nothing refers to and that are about none that is there, by digest. */
export async function* untaggedPages(parts: PageParts, context: PageContext): AsyncGenerator<readonly ContentFacts[]> {
  for await (const rows of eachPage(parts.metadata, looseRows.prefix(context.name), pageSize)) {
    const found = await untaggedFacts(parts, context, rows)
    if (found.length > 0) yield found
  }
}

export async function untaggedFacts(
  { metadata, look }: PageParts,
  context: PageContext,
  rows: readonly Row[],
): Promise<readonly ContentFacts[]> {
  const { name } = context
  const loose = rows.map(({ key, value }) => ({
    digest: parseDigest(lastPart(key)),
    at: readOrNothing<LooseRow>(looseRows, key, value)?.at ?? 0,
  }))
  const manifests = await look.find(
    name,
    loose.map(({ digest }) => digest),
  )
  const found = await inParallel(loose, { atOnce }, async ({ digest, at }) => {
    const manifest = manifests.get(digest)
    if (manifest === undefined) return []
    const keeper = await keeperOfManifest(metadata, name, { digest, row: keptRow(manifest) })
    const { size, below } = manifest
    return keeper === undefined ? [{ digest, at: Math.max(at, manifest.at), size, below }] : []
  })
  const free = found.flat()
  const pulledAt = await context.pulledIn(free)
  return free.map(({ digest, at, size, below }, i) => {
    const known = { tag: undefined, digest, at, size, immutableBy: undefined }
    return { ...known, pulledAt: pulledAt[i], inUse: context.uses(digest, below) }
  })
}

function keptRow({ subject }: ManifestFacts): { readonly subject?: Digest } {
  return subject === undefined ? {} : { subject }
}

async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (let next = source.next(); ; ) {
      const { done, value } = await next
      if (done === true) return
      next = source.next()
      next.catch(() => undefined) // told when it is its turn
      yield value
    }
  } finally {
    await source.return(undefined)
  }
}
