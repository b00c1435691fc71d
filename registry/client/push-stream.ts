import { createHash } from 'node:crypto'
import { digestFromHash, digestOf } from '../../shared/base/digest.ts'
import type { RetryRules } from '../../shared/net/retry.ts'
import { answerError, connectionError, invalidAnswer } from './errors.ts'
import { holdStart } from './held-start.ts'
import { hasBlob, pushBlob } from './push-blob.ts'
import { nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { PushOptions, SentBlob } from './types.ts'
import {
  type CloseOptions,
  cancelUpload,
  closeUpload,
  commitTimeout,
  sessionOf,
  startUpload,
  type UploadSession,
} from './upload-session.ts'

/** Content up to this is held in memory, which spares a request; and it is sent again when that fails. */
const mostHeld = 256 * 1024

/** Sends content whose digest is computed on the way; see {@link RemoteRepository.pushStream}. */
export async function pushStream(
  calls: RepositoryCalls,
  content: AsyncIterable<Uint8Array>,
  options: StreamPush,
): Promise<SentBlob> {
  const start = await holdStart(content, mostHeld)
  try {
    return await (start.whole === undefined
      ? pushLong(calls, start.all(), options)
      : pushHeld(calls, start.whole, options))
  } finally {
    await start.end()
  }
}

export interface StreamPush extends PushOptions {
  readonly retries: RetryRules
}

async function pushHeld(calls: RepositoryCalls, bytes: Buffer, options: StreamPush): Promise<SentBlob> {
  const blob = { digest: digestOf(bytes), size: bytes.length }
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  await pushBlob(calls, { mediaType: 'application/octet-stream', ...blob }, { ...options, open, isMissing: true })
  return blob
}

async function pushLong(
  calls: RepositoryCalls,
  content: AsyncIterable<Uint8Array>,
  { signal, onProgress }: PushOptions,
): Promise<SentBlob> {
  const what = `cannot push a blob to ${nameOf(calls.name)}`
  const session = await startUpload(calls, { what, signal })
  const hash = createHash('sha256')
  let size = 0
  let isWhole = false
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      hash.update(piece)
      size += piece.length
      yield piece
      onProgress?.(size)
    }
    isWhole = true
  }
  try {
    const sent = await sendAll(calls, session, { what, open: counted, signal })
    // What was hashed until then would be a blob too, but not the one that was to be sent.
    if (!isWhole) throw invalidAnswer(what, 'the registry answers before all of it was sent')
    const digest = digestFromHash(hash.digest())
    await commit(calls, sent, { what, digest, signal })
    return { digest, size }
  } catch (error) {
    await cancelUpload(calls, session)
    throw connectionError(error, what)
  }
}

/** Ends an upload. After an answer that was lost the registry knows of no such upload any more, but has the blob. */
async function commit(
  calls: RepositoryCalls,
  session: UploadSession,
  { what, digest, signal }: Omit<CloseOptions, 'expect'>,
): Promise<void> {
  const answer = await closeUpload(calls, session, { what, digest, expect: [201, 200, 204, 404], signal })
  if (answer.status !== 404) return answer.body.discard()
  const error = await answerError(answer, what)
  if (!(await hasBlob(calls, digest, { signal }))) throw error
}

interface Stream {
  readonly what: string
  readonly open: () => AsyncIterable<Uint8Array>
  readonly signal: AbortSignal | undefined
}

async function sendAll(
  { name, endpoint }: RepositoryCalls,
  { location }: UploadSession,
  { what, open, signal }: Stream,
): Promise<UploadSession> {
  const answer = await endpoint.send({
    method: 'PATCH',
    target: location,
    what,
    ...purposeOf(name, 'pull', 'push'),
    headers: { 'content-type': 'application/octet-stream' },
    open,
    isRepeatable: false,
    expect: [202],
    signal,
    answerTimeout: commitTimeout,
  })
  return sessionOf(answer, what)
}
