import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest } from '../../shared/base/digest.ts'
import { mergeScopes, repositoryScope } from '../../shared/net/auth/scope.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import { parseChunkRange } from '../protocol/range.ts'
import { addressIn, type RegistryRequest } from './endpoint.ts'
import { nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { CallOptions } from './types.ts'

/** Milliseconds for the answer to the end of an upload: a registry may read all of the blob again before. */
export const commitTimeout = 15 * 60_000

/** A blob that is being sent. The registry may name another address after each request. */
export interface UploadSession {
  readonly location: URL
}

export interface StartOptions extends CallOptions {
  /** What it is for, for messages. */
  readonly what: string
  /** Of what will be sent: an algorithm other than sha256 is announced. */
  readonly digest?: Digest | undefined
}

/** Begins an upload. */
export async function startUpload(
  calls: RepositoryCalls,
  { what, digest, signal }: StartOptions,
): Promise<UploadSession> {
  const query = digest?.startsWith('sha512:') === true ? '?digest-algorithm=sha512' : ''
  const answer = await calls.endpoint.send({
    method: 'POST',
    target: `/v2/${calls.name.path}/blobs/uploads/${query}`,
    what,
    ...purposeOf(calls.name, 'pull', 'push'),
    headers: { 'content-length': '0' },
    expect: [202],
    signal,
  })
  return sessionOf(answer, what)
}

/** `mounted`, the session that was begun instead, or undefined when the registry wants neither. */
export async function tryMount(
  calls: RepositoryCalls,
  { digest, from }: { readonly digest: Digest; readonly from: string },
  { signal }: CallOptions,
): Promise<UploadSession | 'mounted' | undefined> {
  const what = `cannot give ${nameOf(calls.name)} the blob ${digest} of ${from}`
  const query = new URLSearchParams({ mount: digest, from })
  const own = purposeOf(calls.name, 'pull', 'push')
  const purpose = { ...own, scopes: mergeScopes(own.scopes, [repositoryScope(from, 'pull')]) }
  const answer = await calls.endpoint.send({
    method: 'POST',
    target: `/v2/${calls.name.path}/blobs/uploads/?${query.toString()}`,
    what,
    ...purpose,
    headers: { 'content-length': '0' },
    expect: [201, 202, 400, 401, 403, 404, 405],
    signal,
  })
  if (answer.status === 202) return sessionOf(answer, what)
  await answer.body.discard()
  return answer.status === 201 ? 'mounted' : undefined
}

/** The session as an answer names it. */
export async function sessionOf(answer: HttpAnswer, what: string): Promise<UploadSession> {
  await answer.body.discard()
  return { location: addressIn(headerOf(answer, 'location'), answer, what) }
}

/** How many bytes the registry has, and where to go on; undefined when it knows nothing of the session. */
export async function askOffset(
  { name, endpoint }: RepositoryCalls,
  { location }: UploadSession,
  { what, signal }: StartOptions,
): Promise<{ readonly session: UploadSession; readonly offset: number } | undefined> {
  const request: RegistryRequest = {
    method: 'GET',
    target: location,
    what,
    ...purposeOf(name, 'pull', 'push'),
    expect: [204, 400, 403, 404, 405, 416],
    signal,
  }
  const answer = await endpoint.send(request)
  await answer.body.discard()
  if (answer.status !== 204) return undefined
  const range = parseChunkRange(headerOf(answer, 'range') ?? '')
  const told = headerOf(answer, 'location')
  const session = told === undefined ? { location } : { location: addressIn(told, answer, what) }
  // There is no form for nothing: 0-0 may be that or one byte, of which sending it again is the safer reading.
  return range === undefined || range.start !== 0 || range.end === 0 ? undefined : { session, offset: range.end + 1 }
}

/**
 * Tells the registry that nothing more will come. It need not know how to, and whoever asks has a failure of his own. A request
 * that was broken off may hold the session for a moment yet (409): then it is told again.
 */
export async function cancelUpload({ name, endpoint }: RepositoryCalls, { location }: UploadSession): Promise<void> {
  const signal = AbortSignal.timeout(2000)
  try {
    for (let status = 409; status === 409; ) {
      const answer = await endpoint.send({
        method: 'DELETE',
        target: location,
        what: 'cannot cancel the upload',
        ...purposeOf(name, 'pull', 'push'),
        isRepeatable: false,
        expect: [204, 200, 202, 400, 404, 405, 409],
        signal,
      })
      await answer.body.discard()
      ;({ status } = answer)
      if (status === 409) await sleep(100, undefined, { signal })
    }
  } catch {
    // It will be forgotten by the registry in its own time.
  }
}

export interface CloseOptions extends CallOptions {
  /** What it is for, for messages. */
  readonly what: string
  readonly digest: Digest
  readonly expect: RegistryRequest['expect']
}

/** Ends an upload of which all was sent. */
export function closeUpload(
  { name, endpoint }: RepositoryCalls,
  session: UploadSession,
  { what, digest, expect, signal }: CloseOptions,
): Promise<HttpAnswer> {
  return endpoint.send({
    method: 'PUT',
    target: closingAddress(session, digest),
    what,
    ...purposeOf(name, 'pull', 'push'),
    headers: { 'content-length': '0' },
    expect,
    signal,
    answerTimeout: commitTimeout,
  })
}

/** The address that ends an upload: what the Location has of a query stays as it is. */
export function closingAddress({ location }: UploadSession, digest: Digest): URL {
  const url = new URL(location)
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`
  return url
}
