import { setTimeout as sleep } from 'node:timers/promises'
import type { Source } from '../../../retention/facts.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { dataFolder } from '../data-folder.ts'
import { type GcFlags, sourceOf } from './flags.ts'

/** Milliseconds in which another command, or a server that starts or ends, is waited for. */
const patience = 5000

/**
 * Runs `work` on retention of the source that the flags name: of a registry elsewhere, through the server that has the data folder open,
 * or else on its files, which then are this process's alone. Errors: USAGE; STORE_INVALID where there is no registry; SERVER_BUSY when
 * the owner of the files does not answer; those of `work`.
 */
export async function useRetention<T>(flags: GcFlags, work: Work<T>): Promise<T> {
  return using(await serviceOf(sourceOf(flags), { flags, onlyReads: false }), work)
}

/** The same for work that changes nothing: where nothing is remembered yet, no file is made. */
export async function lookAtRetention<T>(flags: GcFlags, work: Work<T>): Promise<T> {
  return using(await serviceOf(sourceOf(flags), { flags, onlyReads: true }), work)
}

type Work<T> = (service: RetentionService) => Promise<T>

async function using<T>(service: RetentionService, work: Work<T>): Promise<T> {
  try {
    return await work(service)
  } finally {
    await service.close()
  }
}

interface Wanted {
  readonly flags: GcFlags
  readonly onlyReads: boolean
}

async function serviceOf(source: Source, { flags, onlyReads }: Wanted): Promise<RetentionService> {
  if (flags.server !== undefined) {
    const { retentionElsewhere } = await import('./elsewhere.ts')
    return retentionElsewhere(flags.server, source, flags)
  }
  const root = dataFolder(flags.root)
  const { openAlone } = await import('./open-alone.ts')
  const { retentionServed } = await import('./served.ts')
  for (const end = Date.now() + patience; ; await sleep(100)) {
    const served = await retentionServed(root, source)
    if (served !== undefined) return served
    try {
      return await openAlone(source, { root, flags, onlyReads })
    } catch (error) {
      if (Date.now() >= end || !isIbuildError(error, 'SERVER_BUSY')) throw error
    }
  }
}
