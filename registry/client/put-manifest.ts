import { algorithmOf } from '../../shared/base/digest.ts'
import { headerOf } from '../../shared/net/http/types.ts'
import { invalidAnswer } from './errors.ts'
import { manifestPath, nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { CallOptions, RemoteManifest } from './types.ts'

/** Stores a manifest under a tag or its digest. True when the registry took note of its subject. */
export async function putManifest(
  { name, endpoint }: RepositoryCalls,
  ref: string,
  { manifest: { bytes, mediaType, digest }, signal }: CallOptions & { readonly manifest: RemoteManifest },
): Promise<boolean> {
  const what = `cannot push the manifest ${ref} to ${nameOf(name)}`
  const answer = await endpoint.send({
    method: 'PUT',
    target: manifestPath(name, ref),
    what,
    ...purposeOf(name, 'pull', 'push'),
    headers: { 'content-type': mediaType, 'content-length': String(bytes.byteLength) },
    open: () => bytes,
    expect: [201, 200, 202, 204],
    signal,
  })
  await answer.body.discard()
  const told = headerOf(answer, 'docker-content-digest')
  if (told !== undefined && told !== digest && told.startsWith(`${algorithmOf(digest)}:`)) {
    throw invalidAnswer(
      what,
      `the registry says that it stored ${JSON.stringify(told.slice(0, 160))} instead of ${digest}`,
    )
  }
  return headerOf(answer, 'oci-subject') !== undefined
}
