import { createHash } from 'node:crypto'
import { digestFromHash } from '../../shared/base/digest.ts'
import { connectionError } from './errors.ts'
import { nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import type { PushOptions, SentBlob } from './types.ts'
import { cancelUpload, closingAddress, sessionOf, startUpload, type UploadSession } from './upload-session.ts'

/** Sends content whose digest is computed on the way; see {@link RemoteRepository.pushStream}. */
export async function pushStream(
  calls: RepositoryCalls,
  content: AsyncIterable<Uint8Array>,
  { signal, onProgress }: PushOptions,
): Promise<SentBlob> {
  const what = `cannot push a blob to ${nameOf(calls.name)}`
  const session = await startUpload(calls, { what, signal })
  const hash = createHash('sha256')
  let size = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      hash.update(piece)
      size += piece.length
      yield piece
      onProgress?.(size)
    }
  }
  try {
    const sent = await sendAll(calls, session, { what, open: counted, signal })
    const digest = digestFromHash(hash.digest())
    const target = closingAddress(sent, digest)
    const answer = await calls.endpoint.send({
      method: 'PUT',
      target,
      what,
      ...purposeOf(calls.name, 'pull', 'push'),
      headers: { 'content-length': '0' },
      expect: [201, 200, 204],
      signal,
    })
    await answer.body.discard()
    return { digest, size }
  } catch (error) {
    await cancelUpload(calls, session)
    throw connectionError(error, what)
  }
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
  })
  return sessionOf(answer, what)
}
