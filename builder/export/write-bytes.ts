import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { abortable } from '../../shared/base/abort.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { makeFolders } from '../../shared/cas/disk.ts'
import { writeNewFile } from './write-new-file.ts'

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
  const bytes = abortable(pieces, signal)
  if (dest !== '-') return writeFileWhole(bytes, dest)
  if (stdout === undefined) throw new IbuildError('USAGE', 'an output to - needs a stream to write to')
  await pipeline(Readable.from(bytes, { objectMode: false }), stdout, { end: false, ...(signal && { signal }) })
}

/** Writes beside the destination and renames, so that no half file ever has its name. Errors: DISK_FULL, USAGE. */
async function writeFileWhole(bytes: AsyncIterable<Uint8Array>, dest: string): Promise<void> {
  const partial = `${dest}.${process.pid}.partial`
  try {
    makeFolders(dirname(dest))
    await writeNewFile(partial, bytes)
    await rename(partial, dest)
  } catch (error) {
    await rm(partial, { force: true })
    if (errnoOf(error) === 'ENOSPC')
      throw new IbuildError('DISK_FULL', `no space left to write ${dest}`, { cause: error })
    throw error
  }
}
