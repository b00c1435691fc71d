import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { createService } from '../service/create-service.ts'
import { openFileDriver } from '../storage/file-driver.ts'
import { registryLayout } from '../storage/layout.ts'
import { openLevelMetadata } from '../storage/level-metadata.ts'
import { connectAdmin } from './admin/client.ts'
import type { ServerConfig } from './config/schema.ts'
import type { Log } from './log.ts'
import type { OpenRegistry } from './server.ts'

export interface OpenOptions {
  /** Data folder. */
  readonly root: string
  readonly config: Pick<ServerConfig, 'storage' | 'uploads' | 'manifests'>
  readonly log: Pick<Log, 'warn'>
  /** True while the configuration makes the registry read-only. */
  readonly isReadOnly: () => boolean
}

/**
 * Opens the registry of a data folder, of which this process is the owner until the service is closed. Errors: SERVER_BUSY,
 * which says who the owner is; STORE_INVALID, DISK_FULL.
 */
export async function openRegistry({ root, config, log, isReadOnly }: OpenOptions): Promise<OpenRegistry> {
  const { metadata: folder, adminSocket } = registryLayout(root)
  const { durability, blobSize, reserve } = config.storage
  const counts: { onWritten: (changes: number) => void } = { onWritten: () => undefined }
  const options = {
    folder,
    durability,
    onNotice: (notice: string) => log.warn(notice),
    onWritten: (changes: number) => counts.onWritten(changes),
  }
  const metadata = await openLevelMetadata(options).catch(async (error: unknown) => {
    throw isIbuildError(error, 'SERVER_BUSY') ? await withServer(error, adminSocket) : error
  })
  try {
    const driver = await openFileDriver(root, { durability })
    const { sessions, sessionsPerRepository, idle, total } = config.uploads
    const limits = { sessions, sessionsPerRepository, idleTime: idle, totalTime: total, blobSize }
    const service = await createService({
      driver,
      metadata,
      limits: { ...limits, ...(reserve > 0 && { reserve }) },
      sparse: config.manifests.sparse,
      isReadOnly,
    })
    return {
      service,
      space: () => driver.space(),
      onWritten(listener) {
        counts.onWritten = listener
      },
    }
  } catch (error) {
    await metadata.close()
    throw error
  }
}

/** The error with the server's address in it, when it is a server that has the registry open. */
async function withServer(busy: IbuildError, socket: string): Promise<IbuildError> {
  const admin = await connectAdmin(socket).catch(() => undefined)
  const status = await admin?.status().catch(() => undefined)
  if (!status?.server) return busy
  const { pid, url } = status.server
  return new IbuildError('SERVER_BUSY', `a server works on this data folder already: ${url}, process ${pid}`, {
    hint: 'Use that one, or stop it; or name another data folder with --root.',
    cause: busy,
  })
}
