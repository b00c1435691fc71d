import type { Digest } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import { type ManifestFacts, parseManifest } from '../protocol/manifest.ts'
import { isTag, type RepositoryName } from '../protocol/names.ts'
import type { CatalogCursor } from '../service/catalog-cursor.ts'
import type { TakeOver } from '../service/take-over.ts'
import type { BlobService, ManifestService, RegistryService } from '../service/types.ts'
import { mergedCatalog, mergedReferrers, mergedTags } from './merged-listings.ts'
import type { Source } from './source.ts'

export interface AdoptedParts {
  /** The registry without the tree. */
  readonly service: RegistryService
  readonly takeOver: TakeOver
  readonly cursor: CatalogCursor
  /** What of a repository is not ours yet; undefined where nothing is adopted, and when the repository was taken over. */
  readonly sourceFor: (name: RepositoryName) => Source | undefined
  readonly source: () => Source | undefined
}

/**
 * The registry with all that the tree has which is being taken over, as if it were there already. What we have comes first. A
 * push takes over what its manifest names; what is deleted does not come back from the tree.
 */
export function adoptedService(parts: AdoptedParts): RegistryService {
  const { service, sourceFor, cursor } = parts
  const over: Partial<RegistryService> = {
    blobs: adoptedBlobs(parts),
    manifests: adoptedManifests(parts),
    tags: (name, page) => {
      const source = sourceFor(name)
      return source === undefined ? service.tags(name, page) : mergedTags(service, source, { name, page })
    },
    catalog: (page, isVisible = () => true) => {
      const source = parts.source()
      if (source === undefined) return service.catalog(page, isVisible)
      return mergedCatalog(service, source, { page, isVisible, cursor })
    },
    referrers: (name, subject, query) => {
      const source = sourceFor(name)
      if (source === undefined) return service.referrers(name, subject, query)
      return mergedReferrers(service, source, { name, subject, query })
    },
  }
  // Getters stay getters: what they tell changes.
  const all = { ...Object.getOwnPropertyDescriptors(service), ...Object.getOwnPropertyDescriptors(over) }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the members of the service, some of them replaced by their like
  return Object.defineProperties({}, all) as RegistryService
}

function adoptedBlobs({ service, takeOver, sourceFor }: AdoptedParts): BlobService {
  const { blobs } = service
  return {
    ...blobs,
    size: async (name, digest) => {
      const source = sourceFor(name)
      return orElse(blobs.size(name, digest), async () => {
        const blob = await source?.blob(name, digest)
        await blob?.close()
        return blob?.size
      })
    },
    open: async (name, digest) => {
      const source = sourceFor(name)
      return orElse(blobs.open(name, digest), async () => source?.blob(name, digest))
    },
    remove: async (name, digest, ...more) => {
      const source = sourceFor(name)
      const blob = await source?.blob(name, digest)
      await blob?.close()
      if (blob === undefined) return blobs.remove(name, digest, ...more)
      await forgetting(takeOver, { name, digest }, () => blobs.remove(name, digest, ...more))
    },
    mount: async (name, digest, options) => {
      const { from, isVisible = () => true } = options
      if (await blobs.mount(name, digest, options)) return true
      if (from === undefined || !isVisible(from)) return false
      const blob = await sourceFor(from)?.blob(from, digest)
      if (blob === undefined) return false
      await blob.close()
      await takeOver.blob(from, digest, blob)
      return blobs.mount(name, digest, options)
    },
  }
}

function adoptedManifests({ service, takeOver, sourceFor }: AdoptedParts): ManifestService {
  const { manifests } = service
  /** What a push names of the tree, and its tags as they are there: rules for tags look at what they were. */
  const takeNamed = async (source: Source, name: RepositoryName, push: ReadPush): Promise<void> => {
    for (const { digest } of push.facts.blobs) {
      const blob = (await isHere(service.blobs.size(name, digest))) ? undefined : await source.blob(name, digest)
      await blob?.close()
      if (blob !== undefined) await takeOver.blob(name, digest, blob)
    }
    for (const { digest } of push.facts.manifests) {
      const child = await source.manifest(name, { digest })
      if (child !== undefined) await takeOver.manifest(name, child)
    }
    for (const tag of push.tags) await takeTag(source, name, tag)
  }
  const takeTag = async (source: Source, name: RepositoryName, tag: string): Promise<void> => {
    const manifest = await source.manifest(name, { tag })
    if (manifest === undefined) return
    await takeOver.manifest(name, manifest)
    await takeOver.tag(name, tag, manifest)
  }
  /** Takes it over with its tags, so that it is removed as any other is, and never again. */
  const removeTaken = async (source: Source, at: Place, remove: () => Promise<void>): Promise<void> => {
    const { name, digest } = at
    for await (const tag of source.tagsOf(name, digest)) await takeTag(source, name, tag)
    await forgetting(takeOver, at, remove)
  }
  return {
    ...manifests,
    get: async (name, ref) => {
      const source = sourceFor(name)
      if (source === undefined) return manifests.get(name, ref)
      // The last look is for what was taken over, or pushed, after the first one.
      return orElse(
        manifests.get(name, ref),
        async () => (await source.manifest(name, ref)) ?? manifests.get(name, ref),
      )
    },
    put: async (name, ref, manifest) => {
      const source = sourceFor(name)
      if (source !== undefined) {
        const facts = parseManifest(manifest.bytes, manifest.contentType)
        const tags = [...('tag' in ref ? [ref.tag] : []), ...(manifest.tags ?? [])].filter(isTag)
        await takeNamed(source, name, { facts, tags })
      }
      return manifests.put(name, ref, manifest)
    },
    remove: async (name, ref, ...more) => {
      const source = sourceFor(name)
      if (source !== undefined && 'tag' in ref) await takeTag(source, name, ref.tag)
      const there = source !== undefined && 'digest' in ref ? await source.manifest(name, ref) : undefined
      if (source === undefined || there === undefined) return manifests.remove(name, ref, ...more)
      return removeTaken(source, { name, digest: there.digest }, () => manifests.remove(name, ref, ...more))
    },
  }
}

interface ReadPush {
  readonly facts: ManifestFacts
  readonly tags: readonly string[]
}

interface Place {
  readonly name: RepositoryName
  readonly digest: Digest
}

const unknownCodes: readonly string[] = ['BLOB_UNKNOWN', 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'UNKNOWN']

function isUnknown(error: unknown): boolean {
  return error instanceof RegistryError && unknownCodes.includes(error.code)
}

/** What we have; else what the tree has; else our answer. */
async function orElse<T>(ours: Promise<T>, theirs: () => Promise<T | undefined>): Promise<T> {
  try {
    return await ours
  } catch (error) {
    const found = isUnknown(error) ? await theirs() : undefined
    if (found === undefined) throw error
    return found
  }
}

async function isHere(found: Promise<unknown>): Promise<boolean> {
  try {
    await found
    return true
  } catch (error) {
    if (isUnknown(error)) return false
    throw error
  }
}

/** Removes something for good, unless that is refused. What nobody took over yet is removed when that is noted. */
async function forgetting(takeOver: TakeOver, { name, digest }: Place, remove: () => Promise<void>): Promise<void> {
  await takeOver.forget(name, digest)
  try {
    await remove()
  } catch (error) {
    if (isUnknown(error)) return
    await takeOver.remember(name, digest)
    throw error
  }
}
