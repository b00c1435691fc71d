import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import { isPassing, isPassingFailure, type RetryRules, retryAfter, waitBefore } from '../../shared/net/retry.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { answerError, connectionError, invalidAnswer } from './errors.ts'
import { blobPath, nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import { sizedContent } from './sized-content.ts'
import type { CallOptions, PushedHow, PushOptions } from './types.ts'
import {
  askOffset,
  cancelUpload,
  closeUpload,
  closingAddress,
  commitTimeout,
  sessionOf,
  startUpload,
  tryMount,
  type UploadSession,
} from './upload-session.ts'

/** So many repositories are tried for one blob. */
const mostMounts = 4

export async function hasBlob(
  { name, endpoint }: RepositoryCalls,
  digest: Digest,
  { signal }: CallOptions,
): Promise<boolean> {
  const what = `cannot ask ${nameOf(name)} for the blob ${digest}`
  const answer = await endpoint.send({
    method: 'HEAD',
    target: blobPath(name, digest),
    what,
    ...purposeOf(name, 'pull', 'push'),
    expect: [200, 404],
    signal,
  })
  await answer.body.discard()
  return answer.status === 200
}

export interface BlobPush extends PushOptions {
  readonly retries: RetryRules
  /** Called once for each try. */
  readonly open: () => AsyncIterable<Uint8Array>
}

/** Makes the blob one of the repository; see {@link RemoteRepository.pushBlob}. */
export async function pushBlob(calls: RepositoryCalls, descriptor: Descriptor, push: BlobPush): Promise<PushedHow> {
  if (push.isMissing !== true && (await hasBlob(calls, descriptor.digest, push))) return 'present'
  const begun = await mountAny(calls, descriptor.digest, push)
  if (begun === 'mounted') return 'mounted'
  const what = `cannot push the blob ${descriptor.digest} to ${nameOf(calls.name)}`
  const sending = new Sending(calls, descriptor, { ...push, what }, begun)
  await sending.run()
  return 'sent'
}

async function mountAny(
  calls: RepositoryCalls,
  digest: Digest,
  { mountFrom = [], signal }: PushOptions,
): Promise<UploadSession | 'mounted' | undefined> {
  let begun: UploadSession | undefined
  for (const from of mountFrom.filter((path) => path !== calls.name.path).slice(0, mostMounts)) {
    const result = await tryMount(calls, { digest, from }, { signal })
    if (begun !== undefined) await cancelUpload(calls, begun)
    if (result === 'mounted') return result
    begun = result
  }
  return begun
}

interface SendingOptions extends BlobPush {
  readonly what: string
}

/** What became of one try: done, or where to go on. */
type Outcome = 'done' | { readonly asked: number | undefined; readonly error: unknown }

/** One blob on its way, as often as it has to be tried. */
class Sending {
  readonly #calls: RepositoryCalls
  readonly #descriptor: Descriptor
  readonly #options: SendingOptions
  #session: UploadSession | undefined
  #offset = 0

  constructor(
    calls: RepositoryCalls,
    descriptor: Descriptor,
    options: SendingOptions,
    begun: UploadSession | undefined,
  ) {
    this.#calls = calls
    this.#descriptor = descriptor
    this.#options = options
    this.#session = begun
  }

  async run(): Promise<void> {
    const { retries, signal, what } = this.#options
    try {
      for (let failures = 1; ; failures++) {
        const outcome = await this.#try()
        if (outcome === 'done') return
        if (failures > retries.most) throw outcome.error
        const error = connectionError(outcome.error, what)
        await waitBefore(retries, failures, { asked: outcome.asked, error, signal })
        if (await this.#isThere()) return
      }
    } catch (error) {
      if (this.#session !== undefined) await cancelUpload(this.#calls, this.#session)
      throw connectionError(error, what)
    }
  }

  async #try(): Promise<Outcome> {
    const { what, signal } = this.#options
    try {
      this.#session ??= await startUpload(this.#calls, { what, digest: this.#descriptor.digest, signal })
      const answer = this.#offset === 0 ? await this.#sendAll(this.#session) : await this.#sendRest(this.#session)
      return await this.#settle(answer)
    } catch (error) {
      if (!isPassingFailure(error)) throw error
      return { asked: undefined, error }
    }
  }

  /** All of it in one request, which commits as well. */
  #sendAll(session: UploadSession): Promise<HttpAnswer> {
    return this.#send('PUT', closingAddress(session, this.#descriptor.digest), {
      'content-length': String(this.#descriptor.size),
    })
  }

  /** What is missing, and then the commit. */
  async #sendRest(session: UploadSession): Promise<HttpAnswer> {
    const { size, digest } = this.#descriptor
    if (this.#offset < size) {
      const answer = await this.#send('PATCH', session.location, {
        'content-length': String(size - this.#offset),
        'content-range': `${this.#offset}-${size - 1}`,
      })
      if (answer.status !== 202) return answer
      this.#session = await sessionOf(answer, this.#options.what)
    }
    const { what, signal } = this.#options
    return closeUpload(this.#calls, this.#session ?? session, { what, digest, expect: 'any', signal })
  }

  #send(method: 'PUT' | 'PATCH', target: URL, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const { what, signal, open, onProgress } = this.#options
    const from = this.#offset
    return this.#calls.endpoint.send({
      method,
      target,
      what,
      ...purposeOf(this.#calls.name, 'pull', 'push'),
      headers: { 'content-type': 'application/octet-stream', ...headers },
      open: () => sizedContent(open(), this.#descriptor, { from, onProgress }),
      tries: 'once',
      expect: 'any',
      signal,
      answerTimeout: commitTimeout,
    })
  }

  async #settle(answer: HttpAnswer): Promise<Outcome> {
    const { status } = answer
    if (status === 201 || status === 200 || status === 204) {
      await answer.body.discard()
      this.#checkDigest(answer)
      return 'done'
    }
    const error = await answerError(answer, this.#options.what)
    if (status === 404 || status === 416 || isPassing(status)) return { asked: retryAfter(answer, Date.now()), error }
    throw error
  }

  #checkDigest(answer: HttpAnswer): void {
    const told = headerOf(answer, 'docker-content-digest')
    if (told === undefined || told === this.#descriptor.digest) return
    throw invalidAnswer(this.#options.what, `the registry says that it stored ${JSON.stringify(told.slice(0, 160))}`)
  }

  /** After a failure: the blob may be there all the same; else what came is gone on with, or all of it sent anew. */
  async #isThere(): Promise<boolean> {
    const { what, signal } = this.#options
    if (await hasBlob(this.#calls, this.#descriptor.digest, { signal })) return true
    const state = await this.#askOffset()
    if (state === undefined && this.#session !== undefined) await cancelUpload(this.#calls, this.#session)
    this.#session = state?.session
    this.#offset = state?.offset ?? 0
    if (this.#offset <= this.#descriptor.size) return false
    throw invalidAnswer(what, `the registry says that it got ${this.#offset} of ${this.#descriptor.size} bytes`)
  }

  async #askOffset(): ReturnType<typeof askOffset> {
    const { what, signal } = this.#options
    try {
      return this.#session && (await askOffset(this.#calls, this.#session, { what, signal }))
    } catch (error) {
      if (isIbuildError(error)) return undefined
      throw error
    }
  }
}
