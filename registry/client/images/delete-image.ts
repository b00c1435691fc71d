import type { Digest } from '../../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { inParallel } from '../../../shared/base/in-parallel.ts'
import type { CallOptions, RemoteRepository } from '../types.ts'
import type { RemotePlace } from './types.ts'

export interface DeleteOptions extends CallOptions {
  /** Removes the manifest that a tag means, not the tag alone. */
  readonly manifest?: boolean | undefined
  /** A manifest goes also when it has other tags. */
  readonly force?: boolean | undefined
}

/** What went. */
export interface Deletion {
  readonly tags: readonly string[]
  readonly digest: Digest | undefined
}

/** So many tags are asked for what they mean before a manifest goes. */
const mostTags = 2000

/**
 * Removes a tag, or a manifest with all of its tags. Undefined when it was not there. Errors: IMAGE_IN_USE when a manifest has,
 * or may have, other tags, REGISTRY_REFUSED with what to do where a registry does not delete, or no tags; those of the registry.
 */
export async function deleteImage(
  { repository, ref }: RemotePlace,
  options: DeleteOptions,
): Promise<Deletion | undefined> {
  const isTag = !ref.includes(':')
  if (isTag && options.manifest !== true) return deleteTag(repository, ref, options)
  const found = await repository.resolve(ref, { ...options, current: true })
  if (found === undefined) return undefined
  const { tags, isAll } = await tagsOf(repository, found.digest, options)
  const others = tags.filter((tag) => tag !== ref)
  if (others.length > 0 && options.force !== true) throw hasTags(found.digest, others)
  if (!isAll && options.force !== true) throw mayHaveTags(found.digest)
  const isGone = await refusing(repository, 'digest', async () => repository.removeManifest(found.digest, options))
  return isGone ? { tags, digest: found.digest } : undefined
}

async function deleteTag(
  repository: RemoteRepository,
  tag: string,
  options: CallOptions,
): Promise<Deletion | undefined> {
  const isGone = await refusing(repository, 'tag', async () => repository.removeManifest(tag, options)).catch(
    async (error: unknown) => {
      if (
        !isIbuildError(error, 'REGISTRY_REFUSED') ||
        (await repository.resolve(tag, { ...options, current: true })) !== undefined
      )
        throw error
      return false
    },
  )
  return isGone ? { tags: [tag], digest: undefined } : undefined
}

interface FoundTags {
  readonly tags: readonly string[]
  /** False when there are more tags than were looked at. */
  readonly isAll: boolean
}

async function tagsOf(repository: RemoteRepository, digest: Digest, { signal }: CallOptions): Promise<FoundTags> {
  const tags: string[] = []
  let isAll = true
  for await (const tag of repository.tags({ signal })) {
    isAll = tags.length < mostTags
    if (!isAll) break
    tags.push(tag)
  }
  const meant = await inParallel(tags, { atOnce: 8, signal }, async (tag, stop) =>
    repository.resolve(tag, { signal: stop, current: true }),
  )
  return { tags: tags.filter((_, i) => meant[i]?.digest === digest), isAll }
}

function hasTags(digest: Digest, tags: readonly string[]): IbuildError {
  const shown = tags.length > 8 ? `${tags.slice(0, 8).join(', ')} and ${tags.length - 8} more` : tags.join(', ')
  return new IbuildError('IMAGE_IN_USE', `${digest} has other tags, which would go with it: ${shown}`, {
    hint: 'Delete it all the same with --force.',
  })
}

function mayHaveTags(digest: Digest): IbuildError {
  const message = `${digest} may have other tags, which would go with it: the repository has more than ${mostTags}`
  return new IbuildError('IMAGE_IN_USE', message, { hint: 'Delete it all the same with --force.' })
}

async function refusing<T>({ name }: RemoteRepository, what: 'tag' | 'digest', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!isIbuildError(cause, 'REGISTRY_REFUSED')) throw cause
    const hint =
      what === 'tag'
        ? 'Some registries delete manifests only: --manifest deletes what the tag means, with all tags that mean it.'
        : `Those who run ${name.domain} may have to allow deletion (REGISTRY_STORAGE_DELETE_ENABLED=true for distribution).`
    throw new IbuildError('REGISTRY_REFUSED', cause.message, { cause, hint })
  }
}
