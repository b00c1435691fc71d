import type { Digest } from '../../shared/base/digest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { EndpointContext } from './endpoint.ts'

/**
 * Leases what a client is about to be told of, if it may push: then it may rely on that, and not push it. A promise where it is
 * just being removed: only after it there is something to be told.
 */
export function leaseFor(
  { service, grant }: Pick<EndpointContext, 'service' | 'grant'>,
  name: RepositoryName,
  digest: Digest,
): Promise<void> | undefined {
  return grant.mayPush?.(name) === false ? undefined : service.lease(name, digest)
}
