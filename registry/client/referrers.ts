import { algorithmOf, type Digest, hexOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { type JsonValue, parseJson } from '../../shared/base/json.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type Index, parseIndex } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { invalidAnswer } from './errors.ts'
import { type ListLimits, listed } from './listing.ts'
import { fetchManifest } from './manifest.ts'
import { nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { CallOptions, ReferrersOptions } from './types.ts'

/** The tag that stands for the referrers API where there is none (OCI distribution-spec, "Referrers Tag Schema"). */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`
}

/** Of one image; a list under a tag is no longer than a manifest either. The registry may be one that wants to be waited for. */
const listLimits: ListLimits = { page: 4 * 1024 * 1024, pages: 200, items: 10_000, time: 60_000 }

/** Manifests whose subject is `subject`; see {@link RemoteRepository.referrers}. */
export async function* referrersOf(
  calls: RepositoryCalls,
  subject: Digest,
  { artifactType, signal }: ReferrersOptions,
): AsyncGenerator<Descriptor> {
  const fits = (descriptor: Descriptor): boolean =>
    artifactType === undefined || descriptor.artifactType === artifactType
  const what = whatOf(calls, subject)
  const first = await askApi(calls, subject, { artifactType, signal })
  if (first === undefined) return yield* (await referrersByTag(calls, subject, { signal })).manifests.filter(fits)
  const query = { ...purposeOf(calls.name, 'pull'), endpoint: calls.endpoint, first, what, limits: listLimits, signal }
  for await (const each of listed(query, (page) => indexIn(page, what).manifests)) if (fits(each)) yield each
}

function whatOf({ name }: RepositoryCalls, subject: Digest): string {
  return `cannot read the referrers of ${nameOf(name)}@${subject}`
}

/** Undefined when the registry has no such API; one that has it never answers 404 (OCI distribution-spec, "Listing Referrers"). */
async function askApi(
  calls: RepositoryCalls,
  subject: Digest,
  { artifactType, signal }: ReferrersOptions,
): Promise<HttpAnswer | undefined> {
  const filter = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`
  const answer = await calls.endpoint.send({
    method: 'GET',
    target: `/v2/${calls.name.path}/referrers/${subject}${filter}`,
    what: whatOf(calls, subject),
    ...purposeOf(calls.name, 'pull'),
    headers: { accept: mediaTypes.ociIndex },
    expect: [200, 400, 404, 405],
    signal,
  })
  const isIndex = headerOf(answer, 'content-type')?.trim().toLowerCase().startsWith(mediaTypes.ociIndex)
  if (answer.status === 200 && isIndex === true) return answer
  await answer.body.discard()
  return undefined
}

/** True when the registry keeps the lists by itself. */
export async function hasReferrersApi(
  calls: RepositoryCalls,
  subject: Digest,
  { signal }: CallOptions,
): Promise<boolean> {
  const answer = await askApi(calls, subject, { signal })
  await answer?.body.discard()
  return answer !== undefined
}

/** What the tag that stands for the API lists, and the digest of that list; undefined when there is none. */
export async function referrersByTag(
  calls: RepositoryCalls,
  subject: Digest,
  options: CallOptions,
): Promise<{ readonly manifests: readonly Descriptor[]; readonly digest: Digest | undefined }> {
  const what = whatOf(calls, subject)
  const manifest = await fetchManifest(calls, referrersTag(subject), options)
  if (manifest === undefined) return { manifests: [], digest: undefined }
  const { manifests } = indexIn(parseJson(manifest.bytes, { what: 'the list' }), what)
  return { manifests, digest: manifest.digest }
}

function indexIn(value: JsonValue, what: string): Index {
  try {
    return parseIndex(value)
  } catch (error) {
    if (isIbuildError(error)) throw invalidAnswer(what, error.message)
    throw error
  }
}
