import type { Digest } from '../../shared/base/digest.ts'
import { repositoryScope } from '../../shared/net/auth/scope.ts'
import type { Endpoint } from './endpoint.ts'
import type { RemoteName } from './types.ts'

/** What the calls on one repository share. */
export interface RepositoryCalls {
  readonly name: RemoteName
  readonly endpoint: Endpoint
}

/** `host/path`, as people write it. */
export function nameOf({ domain, path }: RemoteName): string {
  return `${domain}/${path}`
}

/** What a request on the repository needs to be allowed: for tokens and credentials. */
export function purposeOf(
  { path }: RemoteName,
  ...actions: readonly ('pull' | 'push' | 'delete')[]
): { readonly scopes: readonly string[]; readonly path: string } {
  return { scopes: [repositoryScope(path, ...actions)], path }
}

export function manifestPath({ path }: RemoteName, ref: string): string {
  return `/v2/${path}/manifests/${ref}`
}

export function blobPath({ path }: RemoteName, digest: Digest): string {
  return `/v2/${path}/blobs/${digest}`
}
