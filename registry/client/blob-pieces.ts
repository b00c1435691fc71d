import { IbuildError } from '../../shared/base/errors.ts'
import { atPace, type Pace } from '../../shared/net/http/pace.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { invalidAnswer } from './errors.ts'
import { blobPath, purposeOf, type RepositoryCalls } from './repository-calls.ts'

export interface BlobPlace {
  readonly descriptor: Descriptor
  /** Bytes that are there already. */
  readonly offset: number
  /** What is done, for messages. */
  readonly what: string
  readonly slowest: Pace
  readonly signal: AbortSignal | undefined
}

/** The pieces of a blob from an offset on, by one request; not verified. Errors: an HttpFailure when the connection breaks. */
export async function* blobPieces(calls: RepositoryCalls, place: BlobPlace): AsyncGenerator<Uint8Array> {
  const { descriptor, offset, what, signal } = place
  const answer = await calls.endpoint.send({
    method: 'GET',
    target: blobPath(calls.name, descriptor.digest),
    what,
    ...purposeOf(calls.name, 'pull'),
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    expect: offset === 0 ? [200] : [200, 206],
    signal,
  })
  const skip = await startOf(answer, place)
  let skipped = 0
  for await (const piece of atPace(answer, place.slowest)) {
    const rest = Math.max(0, skip - skipped)
    skipped += Math.min(rest, piece.length)
    if (rest < piece.length) yield rest === 0 ? piece : piece.subarray(rest)
  }
}

/** How many bytes of the body are there already: all of them where the server does not know ranges. */
async function startOf(answer: HttpAnswer, { descriptor: { size }, offset, what }: BlobPlace): Promise<number> {
  try {
    if (answer.status === 206) return checkRange(answer, { offset, size, what })
    const told = headerOf(answer, 'content-length')
    if (told === undefined || Number(told) === size) return offset
    const problem = `the registry has ${told.slice(0, 20)} bytes instead of ${size}`
    throw new IbuildError('DIGEST_MISMATCH', `${what}: ${problem}`)
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
  const sent = JSON.stringify(text.slice(0, 80))
  throw invalidAnswer(what, `asked for the bytes from ${offset} on, the registry sends ${sent}`)
}
