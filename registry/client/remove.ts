import type { Digest } from '../../shared/base/digest.ts'
import { blobPath, manifestPath, nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { CallOptions } from './types.ts'

/** Takes away a tag, or a manifest with its tags. False when there was none. */
export async function removeManifest(calls: RepositoryCalls, ref: string, options: CallOptions): Promise<boolean> {
  return remove(calls, manifestPath(calls.name, ref), { ...options, what: `${ref} of ${nameOf(calls.name)}` })
}

/** False when there was none. */
export async function removeBlob(calls: RepositoryCalls, digest: Digest, options: CallOptions): Promise<boolean> {
  return remove(calls, blobPath(calls.name, digest), {
    ...options,
    what: `the blob ${digest} of ${nameOf(calls.name)}`,
  })
}

async function remove(
  { name, endpoint }: RepositoryCalls,
  target: string,
  { what, signal }: CallOptions & { readonly what: string },
): Promise<boolean> {
  const answer = await endpoint.send({
    method: 'DELETE',
    target,
    what: `cannot delete ${what}`,
    ...purposeOf(name, 'pull', 'push', 'delete'),
    expect: [202, 200, 204, 404],
    signal,
  })
  await answer.body.discard()
  return answer.status !== 404
}
