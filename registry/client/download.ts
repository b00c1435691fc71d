import { createHash, type Hash } from 'node:crypto'
import type { ContentPlace } from '../../shared/base/content-tries.ts'
import { algorithmOf, digestFromHash } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Pace } from '../../shared/net/http/pace.ts'
import { isPassingFailure, type RetryRules, waitBefore } from '../../shared/net/retry.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type BlobPlace, blobPieces } from './blob-pieces.ts'
import { connectionError } from './errors.ts'
import { nameOf, type RepositoryCalls } from './repository-calls.ts'
import type { Sources } from './sources.ts'
import type { BlobOptions } from './types.ts'

export interface DownloadOptions extends BlobOptions {
  readonly retries: RetryRules
  readonly slowest: Pace
}

/** What came of the blob so far, from whichever source. */
interface Progress {
  readonly hash: Hash
  /** Sources from which something of it came. */
  readonly givers: Set<RepositoryCalls>
  isVerified: boolean
  offset: number
  /** The piece that completes it: held back until all is verified. */
  last: Uint8Array | undefined
}

/** A try that brought so many bytes was worth it: what is counted are failures in a row. */
const headway = 256 * 1024

/**
 * The content of a blob; see {@link RemoteRepository.blob}. When a source fails for good, the next one goes on where it
 * stopped.
 */
export async function* download(
  sources: Sources,
  descriptor: Descriptor,
  { signal, tries, ...rules }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithmOf(descriptor.digest))
  const progress: Progress = { hash, givers: new Set(), isVerified: false, offset: 0, last: undefined }
  for (const source of sources.all) {
    const isMirror = !sources.isOrigin(source)
    if (isMirror && tries?.isWrong(source.name.domain) === true) continue
    if (isMirror) tries?.note(placeOf(source, progress, (error) => sources.giveUp(source, error, { signal })))
    try {
      yield* fromSource(source, descriptor, { progress, signal, ...rules })
      verify(source, descriptor, progress)
      progress.isVerified = true
      break
    } catch (error) {
      // What has the wrong bytes in it cannot be mended by another source; it must not be used again.
      const isSpoilt = progress.offset === descriptor.size && descriptor.size > 0
      sources.giveUp(source, error, { signal })
      if (isSpoilt) throw error
    }
  }
  if (progress.last !== undefined) yield progress.last
}

function placeOf(source: RepositoryCalls, progress: Progress, onWrong: (error: IbuildError) => void): ContentPlace {
  const isDoubtful = (): boolean => !progress.isVerified && progress.givers.has(source)
  return { name: source.name.domain, isDoubtful, onWrong }
}

interface SourceOptions extends DownloadOptions {
  readonly progress: Progress
}

/** The rest of the blob, all but its last piece. A connection that breaks is resumed, a bounded number of times. */
async function* fromSource(
  source: RepositoryCalls,
  descriptor: Descriptor,
  { progress, retries, slowest, signal }: SourceOptions,
): AsyncGenerator<Uint8Array> {
  const what = whatOf(source, descriptor)
  for (let failures = 0; ; ) {
    const start = progress.offset
    try {
      return yield* onePass(source, { descriptor, offset: start, what, slowest, signal }, progress)
    } catch (error) {
      // All is here: only the end of the answer is missing, and the digest tells whether it is right.
      if (progress.last !== undefined && isPassingFailure(error)) return
      failures = progress.offset - start >= headway ? 1 : failures + 1
      const failure = connectionError(error, what)
      if (!isPassingFailure(error) || failures > retries.most) throw failure
      await waitBefore(retries, failures, { error: failure, signal })
    }
  }
}

/** What one answer brings. */
async function* onePass(source: RepositoryCalls, place: BlobPlace, progress: Progress): AsyncGenerator<Uint8Array> {
  const { size } = place.descriptor
  for await (const piece of blobPieces(source, place)) {
    if (progress.offset + piece.length > size) throw wrong(place.what, `the registry sends more than ${size} bytes`)
    progress.givers.add(source)
    progress.hash.update(piece)
    progress.offset += piece.length
    if (progress.offset === size) progress.last = piece
    else yield piece
  }
  if (progress.offset < size) throw wrong(place.what, `the registry sent ${progress.offset} bytes instead of ${size}`)
}

function verify(source: RepositoryCalls, descriptor: Descriptor, { hash }: Progress): void {
  const found = digestFromHash(hash.digest(), algorithmOf(descriptor.digest))
  if (found !== descriptor.digest) throw wrong(whatOf(source, descriptor), `the registry sent ${found}`)
}

function whatOf({ name }: RepositoryCalls, { digest }: Descriptor): string {
  return `cannot read the blob ${digest} of ${nameOf(name)}`
}

function wrong(what: string, problem: string): IbuildError {
  return new IbuildError('DIGEST_MISMATCH', `${what}: ${problem}`)
}
