import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { eachPage } from '../../shared/rows/each-row.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import { isName, type RepositoryName } from '../protocol/names.ts'
import type { ServiceInner } from '../service/create-service.ts'
import type { RegistryService } from '../service/types.ts'
import { looseRows } from '../storage/gc-rows.ts'
import { repositoryRows, tagRows } from '../storage/rows.ts'
import type { ContentChanges } from './changes.ts'
import { createDetailsLook } from './image-details.ts'
import { inUseReports, reportedDigests } from './in-use.ts'
import { ledTags } from './led-tags.ts'
import { createManifestLook } from './manifest-facts.ts'
import { type PageContext, tagFacts, tagPages, untaggedFacts, untaggedPages } from './pages.ts'
import { RememberedPulls } from './pulled.ts'
import { RememberedTags } from './remembered-tags.ts'
import type { RegistryContents } from './types.ts'
import { usesIn } from './uses.ts'

export interface ContentsParts
  extends Pick<ServiceInner, 'metadata' | 'pulls' | 'leases' | 'immutableBy' | 'guard' | 'now'> {
  readonly changes: Pick<ContentChanges, 'revision' | 'listen'>
  /** Through which bytes are read. */
  readonly service: Pick<RegistryService, 'manifests' | 'blobs'>
}

const pageSize = 1000

/** The contents of an open registry. Costs what is asked for, not what there is. */
export function registryContents(parts: ContentsParts): RegistryContents {
  const { metadata, pulls, leases, immutableBy, now, changes } = parts
  const look = createManifestLook(metadata)
  const tags = new RememberedTags({ metadata, look })
  const pulled = new RememberedPulls({ metadata, pulls })
  changes.listen(tags)
  changes.listen(pulled)
  const pageParts = { metadata, immutableBy, look, tags }
  const usesOf = async (name: string): Promise<PageContext['uses']> =>
    usesIn({ metadata, leases, reported: await reportedDigests(metadata, now()) }, name)
  /** For a single item. */
  const near = async (name: string): Promise<PageContext> => {
    return { name, pulledIn: pulled.ofFew(name), uses: await usesOf(name) }
  }
  return {
    revision: () => changes.revision(),
    pullsKnownSince: () => pulls.since(),
    async *repositories(): AsyncGenerator<RepositoryName> {
      for await (const rows of eachPage(metadata, repositoryRows.prefix(), pageSize)) {
        yield* rows.map(({ key }) => lastPart(key)).filter(isName)
      }
    },
    async *all(name) {
      // Read at the same time as the first tags.
      const pulledIn = pulled.inRepository(name)
      pulledIn.catch(() => undefined)
      const context: PageContext = {
        name,
        pulledIn: async (items) => (await pulledIn)(items),
        uses: await usesOf(name),
      }
      yield* tagPages(pageParts, context)
      yield* untaggedPages(pageParts, context)
    },
    tag: async (name, tag) => {
      const key = tagRows.key(name, tag)
      const value = await metadata.get(key)
      if (value === undefined) return undefined
      const led = await ledTags(look, name, [{ key, value }])
      return (await tagFacts(pageParts, await near(name), led.tags))[0]
    },
    digestsOf: async (name, tags) => {
      const keys = tags.map((tag) => tagRows.key(name, tag))
      const values = await metadata.getMany(keys)
      return keys.flatMap((key, i) => {
        const value = values[i]
        return value === undefined ? [] : [tagRows.parse(key, value).digest]
      })
    },
    untagged: async (name, digest: Digest) => {
      const key = looseRows.key(name, digest)
      const value = isDigest(digest) ? await metadata.get(key) : undefined
      if (value === undefined) return undefined
      return (await untaggedFacts(pageParts, await near(name), [{ key, value }]))[0]
    },
    details: createDetailsLook(parts.service),
    inUse: inUseReports(parts),
  }
}
