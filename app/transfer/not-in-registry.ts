import { isReferrerTag } from '../../registry/client/images/referrer-tags.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { familiarName, type Reference } from '../../shared/base/reference.ts'
import { suggest } from '../../shared/base/suggest.ts'

/** So many tags are looked at for one that may be meant, and shown when they are few. */
const looked = 2000
const shown = 8

/** The error for a name that a registry does not have, with what it has instead as far as it tells. */
export async function notInRegistry(
  client: RegistryClient,
  reference: Reference,
  signal: AbortSignal | undefined,
): Promise<IbuildError> {
  const name = familiarName(reference)
  const who = name.startsWith(`${reference.domain}/`) ? 'the registry' : reference.domain
  const message = `${who} has no image ${name}`
  const hint = await hintFor(client, reference, signal)
  return new IbuildError('REGISTRY_NOT_FOUND', message, hint === undefined ? {} : { hint })
}

async function hintFor(
  client: RegistryClient,
  { domain, path, tag, digest }: Reference,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const tags = await tagsOf(client, { domain, path }, signal)
  if (tags.length === 0) return 'There is no such repository, or it has no tags; a private one may need ibuild login.'
  if (digest !== undefined) return undefined
  const similar = suggest(tag ?? 'latest', tags)
  if (similar !== undefined) return `Did you mean ${familiarName({ domain, path, tag: similar })}?`
  const more = tags.length > shown ? ' and others' : ''
  return `It has the tags ${tags.slice(0, shown).join(', ')}${more}.`
}

/** None when the registry does not say. */
async function tagsOf(
  client: RegistryClient,
  name: Pick<Reference, 'domain' | 'path'>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const tags: string[] = []
  try {
    for await (const tag of client.repository(name).tags({ signal })) {
      if (!isReferrerTag(tag)) tags.push(tag)
      if (tags.length === looked) break
    }
  } catch (error) {
    if (!isIbuildError(error) || signal?.aborted === true) throw error
  }
  return tags
}
