import type { IbuildError } from '../../shared/base/errors.ts'

/** What became of the texts that a command wrote. */
export interface OutputWatch {
  /**
   * What stdout could not take: `closed` when nobody reads it any more, as behind `| head`; an error (DISK_FULL,
   * SYSTEM_CALL) for anything else; undefined when it took everything.
   */
  failure(): Promise<'closed' | IbuildError | undefined>
}

/**
 * Keeps a stdout or stderr that takes no more from ending the process in the midst of its work. Progress that nobody can
 * read is no failure: the work goes on.
 */
export function watchOutputs({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process): OutputWatch {
  let failed: NodeJS.ErrnoException | undefined
  stdout.on('error', (error) => {
    failed ??= error
  })
  stderr.on('error', () => undefined)
  return {
    async failure() {
      await new Promise(setImmediate) // what a write met is told one tick after it
      if (failed === undefined) return undefined
      return failed.code === 'EPIPE' ? 'closed' : unwritten(failed)
    },
  }
}

async function unwritten(cause: NodeJS.ErrnoException): Promise<IbuildError> {
  const { IbuildError } = await import('../../shared/base/errors.ts')
  if (cause.code === 'ENOSPC') return new IbuildError('DISK_FULL', 'no space left to write stdout', { cause })
  return new IbuildError('SYSTEM_CALL', `cannot write stdout (${cause.code})`, { cause })
}
