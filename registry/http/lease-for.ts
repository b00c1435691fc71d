import type { Digest } from '../../shared/base/digest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { EndpointContext } from './endpoint.ts'

/**
 * Does work that tells a client what is there, under a lease if it may push: then it may rely on that, and not push it. Waits
 * where that is just being removed, which `hasWaited` says: only after it there is something to be told. Else at once.
 */
export function withLease<T>(
  { service, grant }: Pick<EndpointContext, 'service' | 'grant'>,
  { name, digest }: { readonly name: RepositoryName; readonly digest: Digest },
  work: (hasWaited: boolean) => T | Promise<T>,
): T | Promise<T> {
  const leased = grant.mayPush?.(name) === false ? undefined : service.lease(name, digest)
  return leased === undefined ? work(false) : leased.then(async () => work(true))
}
