import type { Source } from '../../../retention/facts.ts'
import type { RemoteRetention } from '../../../retention/http/client.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { dataFolder } from '../data-folder.ts'
import { withHint } from '../usage-help.ts'
import { whileBusy } from '../while-busy.ts'
import { type GcFlags, sourceOf } from './flags.ts'

/**
 * Runs `work` on retention of the source that the flags name: of a registry elsewhere, through the server that has the data folder open,
 * or else on its files, which then are this process's alone. Errors: USAGE; STORE_INVALID where there is no registry; SERVER_BUSY when
 * the owner of the files does not answer; those of `work`.
 */
export async function useRetention<T>(flags: GcFlags, work: Work<T>): Promise<T> {
  return withService({ flags, onlyReads: false }, work)
}

/** The same for work that changes nothing: where nothing is remembered yet, no file is made. */
export async function lookAtRetention<T>(flags: GcFlags, work: Work<T>): Promise<T> {
  return withService({ flags, onlyReads: true }, work)
}

type Work<T> = (service: RetentionService) => Promise<T>

/**
 * Runs `work` on what only a server does: one elsewhere, or the one that has the data folder open. Errors: SERVER_BUSY and the like of it;
 * OBJECT_NOT_FOUND where none looks after the source.
 */
export async function askServer<T>(flags: GcFlags, work: (service: RemoteRetention) => Promise<T>): Promise<T> {
  const source = sourceOf(flags)
  const { retentionServed } = await import('./served.ts')
  const service = (await askOther(source, flags)) ?? (await retentionServed(dataFolder(flags.root), source, flags.host))
  if (service === undefined) throw noServer(source)
  try {
    return await work(service)
  } finally {
    await service.close()
  }
}

function noServer(source: Source): IbuildError {
  return new IbuildError('OBJECT_NOT_FOUND', `no server runs here that looks after the ${source}`, {
    hint: 'Start one with ibuild serve, or name one with --server URL; --root names the data folder.',
  })
}

interface Wanted {
  readonly flags: GcFlags
  readonly onlyReads: boolean
}

async function withService<T>(wanted: Wanted, work: Work<T>): Promise<T> {
  const source = sourceOf(wanted.flags)
  await using opened = new AsyncDisposableStack()
  const other = await askOther(source, wanted.flags)
  if (other !== undefined) opened.defer(async () => other.close())
  return await work(other ?? (await openOwn(source, wanted, opened)))
}

/** Where it is not on the files of this machine. */
async function askOther(source: Source, flags: GcFlags): Promise<RemoteRetention | undefined> {
  if (flags.server === undefined) return undefined
  return (await import('./elsewhere.ts')).askElsewhere(flags.server, source, flags)
}

/** Through the server that has the files, or on them. */
async function openOwn(
  source: Source,
  { flags, onlyReads }: Wanted,
  opened: AsyncDisposableStack,
): Promise<RetentionService> {
  const root = dataFolder(flags.root)
  const { retentionServed } = await import('./served.ts')
  const alone = async (): Promise<RetentionService> =>
    (await import('./open-alone.ts')).openAlone(source, { root, flags, onlyReads }, opened)
  try {
    return await whileBusy(async () => (await retentionServed(root, source, flags.host)) ?? alone())
  } catch (error) {
    throw isIbuildError(error, 'SERVER_BUSY') ? withHint(error, whenBusy) : error
  }
}

const whenBusy =
  'Wait for the end of that process. A server that has retention.enabled: false cannot be asked: stop it, or let it look after its images.'
