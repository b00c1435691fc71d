import { RegistryError } from '../../registry/protocol/error.ts'
import { isName } from '../../registry/protocol/names.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { type ItemName, noWants } from '../../retention/facts.ts'
import type { Expected, Inventory, Removal, TrashKeeper } from '../../retention/ports.ts'
import { isDigest } from '../../shared/base/digest.ts'
import { ownRequester } from './own-requester.ts'

export interface RemoveParts {
  readonly service: Pick<RegistryService, 'lease' | 'manifests'>
  readonly trash: Pick<TrashKeeper, 'keeps'>
  readonly item: Inventory['item']
}

/**
 * See `Inventory.remove`. What the item leads to is leased before anything is looked at: garbage collection may have asked the trash before
 * the entry was written, and would not know of it when the tag is gone.
 */
export async function removeFromRegistry(
  { service, trash, item }: RemoveParts,
  name: ItemName,
  { digest, by, reason }: Expected,
): Promise<Removal> {
  const { kind, repository } = name
  if (!isName(repository) || !isDigest(digest)) return { kind: 'gone' }
  if (!(await trash.keeps(repository, [digest])).has(digest))
    throw new Error(`${repository}@${digest} is not in the trash, and stays`)
  await service.lease(repository, digest)
  const now = await item(name, noWants)
  if (now === undefined) return { kind: 'gone' }
  if (now.digest !== digest) return { kind: 'drifted', about: `leads to ${now.digest} by now` }
  const [guard] = now.guards
  if (guard !== undefined) return { kind: 'drifted', about: guard.about }
  if (kind !== 'tag') return { kind: 'removed', freed: 0 }
  const condition = { ifMatch: [{ isWeak: false, opaque: digest }], mayTell: true }
  try {
    await service.manifests.remove(repository, { tag: name.name }, { by: { ...ownRequester(by), reason }, condition })
    return { kind: 'removed', freed: 0 }
  } catch (error) {
    return outcomeOf(error)
  }
}

/** What the registry answers to who would remove what is not as he thought. */
function outcomeOf(error: unknown): Removal {
  if (!(error instanceof RegistryError)) throw error
  const { code, status, message } = error
  if (code === 'MANIFEST_UNKNOWN' || code === 'NAME_UNKNOWN') return { kind: 'gone' }
  // Read-only is no reason against this item.
  if (code === 'PRECONDITION_FAILED' || (code === 'DENIED' && status !== 405))
    return { kind: 'drifted', about: message }
  throw error
}
