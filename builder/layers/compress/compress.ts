import { availableParallelism } from 'node:os'
import { untilAborted } from '../../../shared/base/abort.ts'
import type { CompressionChoice } from './choice.ts'
import { gzip } from './gzip.ts'
import { zstd } from './zstd.ts'

export interface CompressOptions {
  /** How many processors to use; default all. The bytes are the same for any number. */
  readonly threads?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Compresses a stream on all processors. The same bytes and choice give the same bytes, whatever the number of threads and
 * the pieces in which they came, as long as the zlib and zstd inside Node are the same. Takes a few MiB for each thread;
 * a reader that waits makes it wait. Stopping early closes the source. Errors: those of the source, the reason of `signal`.
 */
export function compress(
  source: AsyncIterable<Uint8Array>,
  { format, level }: CompressionChoice,
  { threads = availableParallelism() + 1, signal }: CompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = untilAborted(source, signal)
  return format === 'gzip' ? gzip(input, { level, threads }) : zstd(input, { level, threads })
}
