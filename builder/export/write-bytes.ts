import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { untilAborted } from '../../shared/base/abort.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { writeFile } from './write-file.ts'

export interface Destination {
  /** A file, or '-' for `stdout`. */
  readonly dest: string
  readonly stdout: NodeJS.WritableStream | undefined
  /** Stops the writing: its reason is thrown, and no half file has the name of `dest`. */
  readonly signal?: AbortSignal | undefined
}

/** Writes a stream to a file, which appears when it is whole, or to stdout. Errors: DISK_FULL, USAGE. */
export async function writeBytes(
  pieces: AsyncIterable<Uint8Array>,
  { dest, stdout, signal }: Destination,
): Promise<void> {
  const bytes = untilAborted(pieces, signal)
  if (dest !== '-') return writeFile(dest, bytes)
  if (stdout === undefined) throw new IbuildError('USAGE', 'an output to - needs a stream to write to')
  await pipeline(Readable.from(bytes, { objectMode: false }), stdout, { end: false, ...(signal && { signal }) })
}
