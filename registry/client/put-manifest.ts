import { algorithmOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { headerOf } from '../../shared/net/http/types.ts'
import { answerError, invalidAnswer } from './errors.ts'
import { conditionHeaders } from './expected-tag.ts'
import { manifestPath, nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { PutManifestOptions, RemoteManifest } from './types.ts'

export interface PutManifest extends PutManifestOptions {
  readonly manifest: RemoteManifest
}

/** Stores a manifest under a tag or its digest. True when the registry took note of its subject. TAG_CHANGED. */
export async function putManifest(
  { name, endpoint }: RepositoryCalls,
  ref: string,
  { manifest: { bytes, mediaType, digest }, expected, onUnchecked, signal }: PutManifest,
): Promise<boolean> {
  const what = `cannot push the manifest ${ref} to ${nameOf(name)}`
  const answer = await endpoint.send({
    method: 'PUT',
    target: manifestPath(name, ref),
    what,
    ...purposeOf(name, 'pull', 'push'),
    headers: { 'content-type': mediaType, 'content-length': String(bytes.byteLength), ...conditionHeaders(expected) },
    open: () => bytes,
    expect: [201, 200, 202, 204, ...(expected === undefined ? [] : [412])],
    signal,
  })
  if (answer.status === 412) {
    const { message } = await answerError(answer, what)
    throw new IbuildError('TAG_CHANGED', message)
  }
  // Who holds conditions against a tag knows entity tags. Others set it whatever it was.
  if (expected !== undefined && headerOf(answer, 'etag') !== `"${digest}"`) onUnchecked?.()
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
