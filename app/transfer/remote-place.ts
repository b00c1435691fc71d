import type { RemotePlace } from '../../registry/client/images/types.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { type Reference, withDefaultTag } from '../../shared/base/reference.ts'

/** Where a reference leads: a digest goes before a tag, without either it is `latest`. */
export function placeOf(client: RegistryClient, reference: Reference): RemotePlace {
  const { tag, digest } = withDefaultTag(reference)
  return { repository: client.repository(reference), ref: digest ?? tag ?? 'latest' }
}
