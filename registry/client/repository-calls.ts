import type { Digest } from '../../shared/base/digest.ts'
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

export function manifestPath({ path }: RemoteName, ref: string): string {
  return `/v2/${path}/manifests/${ref}`
}

export function blobPath({ path }: RemoteName, digest: Digest): string {
  return `/v2/${path}/blobs/${digest}`
}
