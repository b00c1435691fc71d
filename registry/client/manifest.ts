import { algorithmOf, type Digest, digestOf, isDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { mostManifestBytes } from '../protocol/manifest.ts'
import { invalidAnswer } from './errors.ts'
import { readAnswer } from './read-answer.ts'
import { manifestPath, nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { CallOptions, RemoteManifest } from './types.ts'

/** All types at once: a registry that gets some only may translate one into another. */
const accepted = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerIndex,
  mediaTypes.dockerManifest,
  'application/vnd.oci.artifact.manifest.v1+json',
  '*/*;q=0.5',
].join(', ')

/** A manifest by tag or digest, verified; undefined when there is none. */
export async function fetchManifest(
  { name, endpoint }: RepositoryCalls,
  ref: string,
  { signal }: CallOptions,
): Promise<RemoteManifest | undefined> {
  const what = `cannot read the manifest ${ref} of ${nameOf(name)}`
  const headers = { accept: accepted }
  const answer = await endpoint.send({
    method: 'GET',
    target: manifestPath(name, ref),
    what,
    ...purposeOf(name, 'pull'),
    headers,
    expect: [200, 404],
    signal,
  })
  if (answer.status === 404) {
    await answer.body.discard()
    return undefined
  }
  const bytes = await readAnswer(answer, { what, most: mostManifestBytes })
  return {
    bytes,
    digest: verifiedDigest(bytes, { ref, told: toldDigest(answer), what }),
    mediaType: typeOf(bytes, answer, what),
  }
}

/** The descriptor of a manifest by its head alone; where the registry does not tell all of it, the manifest is read. */
export async function resolveManifest(
  calls: RepositoryCalls,
  ref: string,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  const { name, endpoint } = calls
  const what = `cannot look up ${ref} of ${nameOf(name)}`
  const headers = { accept: accepted }
  const target = manifestPath(name, ref)
  const purpose = purposeOf(name, 'pull')
  const answer = await endpoint.send({
    method: 'HEAD',
    target,
    what,
    ...purpose,
    headers,
    expect: [200, 404, 405],
    ...options,
  })
  await answer.body.discard()
  if (answer.status === 404) return undefined
  const [digest, size, mediaType] = [toldDigest(answer), headerOf(answer, 'content-length'), contentType(answer)]
  if (isDigest(ref) && digest !== undefined && digest !== ref && algorithmOf(digest) === algorithmOf(ref)) {
    throw invalidAnswer(what, `the registry says that it is ${digest}`)
  }
  const known = isDigest(ref) ? ref : digest
  if (answer.status === 200 && known !== undefined && size !== undefined && isManifestMediaType(mediaType)) {
    return { mediaType, digest: known, size: Number(size) }
  }
  const manifest = await fetchManifest(calls, ref, options)
  return manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength }
}

function toldDigest(answer: HttpAnswer): Digest | undefined {
  const told = headerOf(answer, 'docker-content-digest')?.trim()
  return told !== undefined && isDigest(told) ? told : undefined
}

interface Expectation {
  readonly ref: string
  readonly told: Digest | undefined
  readonly what: string
}

/** What was asked for by digest has that one; else it has the one that the registry tells, if it tells one. */
function verifiedDigest(bytes: Uint8Array, { ref, told, what }: Expectation): Digest {
  const expected = isDigest(ref) ? ref : told
  const digest = digestOf(bytes, expected === undefined ? 'sha256' : algorithmOf(expected))
  if (expected === undefined || digest === expected) return digest
  throw new IbuildError('DIGEST_MISMATCH', `${what}: the registry sent ${digest} instead of ${expected}`)
}

function contentType(answer: HttpAnswer): string {
  return headerOf(answer, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
}

/** False for types that servers give to what they do not know. */
function isManifestMediaType(type: string): boolean {
  return (
    isMediaType(type) && !['application/json', 'application/octet-stream'].includes(type) && !type.startsWith('text/')
  )
}

/** What may be sent on as a header. */
function isMediaType(type: string): boolean {
  return type.length < 256 && /^[\w.+-]+\/[\w.+-]+$/.test(type)
}

/** A document is one thing only: what the answer says it is, and what it says itself, must be the same. */
function typeOf(bytes: Uint8Array, answer: HttpAnswer, what: string): string {
  const value = parseAnswer(bytes, what)
  const own = isObject(value) && typeof value['mediaType'] === 'string' ? value['mediaType'] : undefined
  const told = contentType(answer)
  if (own !== undefined && !isMediaType(own)) throw invalidAnswer(what, 'the manifest has a mediaType that is none')
  if (!isManifestMediaType(told)) return own ?? guessedType(value, what)
  if (own === undefined || own === told) return told
  throw invalidAnswer(what, `the registry says it is ${told}, the manifest itself ${JSON.stringify(own.slice(0, 160))}`)
}

function guessedType(value: JsonValue, what: string): string {
  if (isObject(value) && value['schemaVersion'] === 2) {
    if (Object.hasOwn(value, 'manifests')) return mediaTypes.ociIndex
    if (Object.hasOwn(value, 'layers')) return mediaTypes.ociManifest
  }
  throw invalidAnswer(what, 'neither the registry nor the manifest say what it is')
}

function parseAnswer(bytes: Uint8Array, what: string): JsonValue {
  try {
    return parseJson(bytes, { what: 'manifest' })
  } catch (error) {
    throw invalidAnswer(what, error instanceof Error ? error.message : 'it is not JSON')
  }
}
