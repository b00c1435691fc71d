import { createHash } from 'node:crypto'
import { algorithmOf, digestFromHash } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { connectionError, invalidAnswer } from './errors.ts'
import { blobPath, nameOf, type RepositoryCalls } from './repository-calls.ts'
import { isPassingFailure, type RetryRules, waitBefore } from './retry.ts'
import type { CallOptions } from './types.ts'

export interface DownloadOptions extends CallOptions {
  readonly retries: RetryRules
}

/** A try that brought so many bytes was worth it: what is counted are failures in a row. */
const headway = 256 * 1024

/** The content of a blob; see {@link RemoteRepository.blob}. */
export async function* download(
  calls: RepositoryCalls,
  descriptor: Descriptor,
  { retries, signal }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const { digest, size } = descriptor
  const what = `cannot read the blob ${digest} of ${nameOf(calls.name)}`
  const hash = createHash(algorithmOf(digest))
  let offset = 0
  let last: Uint8Array | undefined
  for (let failures = 0; ; ) {
    const start = offset
    try {
      for await (const piece of piecesFrom(calls, { descriptor, offset, what, signal })) {
        if (offset + piece.length > size) throw wrong(what, `the registry sends more than ${size} bytes`)
        hash.update(piece)
        offset += piece.length
        if (offset < size) yield piece
        else last = piece
      }
      if (offset < size) throw wrong(what, `the registry sent ${offset} bytes instead of ${size}`)
      break
    } catch (error) {
      failures = offset - start >= headway ? 1 : failures + 1
      if (!isPassingFailure(error) || failures > retries.most) throw connectionError(error, what)
      if (offset === size) break
      await waitBefore(retries, failures, { signal })
    }
  }
  const found = digestFromHash(hash.digest(), algorithmOf(digest))
  if (found !== digest) throw wrong(what, `the registry sent ${found}`)
  if (last !== undefined) yield last
}

interface Place {
  readonly descriptor: Descriptor
  readonly offset: number
  readonly what: string
  readonly signal: AbortSignal | undefined
}

/** The pieces of the blob from `offset` on. */
async function* piecesFrom(calls: RepositoryCalls, place: Place): AsyncGenerator<Uint8Array> {
  const { descriptor, offset, what, signal } = place
  const answer = await calls.endpoint.send({
    method: 'GET',
    target: blobPath(calls.name, descriptor.digest),
    what,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    expect: offset === 0 ? [200] : [200, 206],
    signal,
  })
  const skip = await startOf(answer, place)
  let skipped = 0
  for await (const piece of answer.body) {
    const rest = Math.max(0, skip - skipped)
    skipped += Math.min(rest, piece.length)
    if (rest < piece.length) yield rest === 0 ? piece : piece.subarray(rest)
  }
}

/** How many bytes of the body are there already: all of them where the server does not know ranges. */
async function startOf(answer: HttpAnswer, { descriptor: { size }, offset, what }: Place): Promise<number> {
  try {
    if (answer.status === 206) return checkRange(answer, { offset, size, what })
    const told = headerOf(answer, 'content-length')
    if (told !== undefined && Number(told) !== size) {
      throw wrong(what, `the registry has ${told.slice(0, 20)} bytes instead of ${size}`)
    }
    return offset
  } catch (error) {
    await answer.body.discard()
    throw error
  }
}

function checkRange(
  answer: HttpAnswer,
  { offset, size, what }: { readonly offset: number; readonly size: number; readonly what: string },
): 0 {
  const text = headerOf(answer, 'content-range') ?? ''
  const [, first, last, total] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(text.trim()) ?? []
  const isRight = Number(first) === offset && Number(last) < size && (total === '*' || Number(total) === size)
  if (isRight) return 0
  throw invalidAnswer(
    what,
    `asked for the bytes from ${offset} on, the registry sends ${JSON.stringify(text.slice(0, 80))}`,
  )
}

function wrong(what: string, problem: string): IbuildError {
  return new IbuildError('DIGEST_MISMATCH', `${what}: ${problem}`)
}
