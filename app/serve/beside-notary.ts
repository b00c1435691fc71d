import type { NotaryConfig } from '../../notary/server/config/schema.ts'
import { checkExposure } from '../../notary/server/exposure.ts'
import { type OpenNotary, openNotary } from '../../notary/server/open-notary.ts'
import { type NotaryServer, startNotary } from '../../notary/server/server.ts'
import { isOpen } from '../../registry/server/config/openness.ts'
import type { ServerConfig } from '../../registry/server/config/schema.ts'
import type { NotaryAccess } from '../../registry/server/notary-access.ts'
import { refuseUnfinishedRestore } from '../../registry/storage/unfinished-restore.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { Changes } from '../../shared/config/changes.ts'
import type { Log } from '../../shared/log/log.ts'
import { accessOfRegistry } from '../adapters/notary-access.ts'
import { withoutTokens } from './alone-access.ts'
import { serveNotaryRows } from './rows-socket.ts'

/** A notary in the process of a registry, as it is configured. */
export interface BesideConfig {
  readonly config: NotaryConfig
  /** False when nobody said where it should listen. */
  readonly isListenSaid: boolean
  /** What unlocks the keys that sign; secret. */
  readonly passphrase: string | undefined
}

/** Collections of the data folder in the process of its registry, and their server. */
export interface BesideNotary {
  readonly notary: OpenNotary
  /** Begins to serve; undefined where nobody said where, and that place is taken. Errors: those of {@link startNotary}. */
  start(access: NotaryAccess): Promise<NotaryServer | undefined>
  /** Paths of keys are those in the file of the registry. */
  apply(config: NotaryConfig): Promise<Changes>
  /** False when requests were cut off. */
  stop(): Promise<boolean>
  /** Lets go of the collections. */
  close(): Promise<void>
}

export interface BesideOptions {
  /** Data folder. */
  readonly root: string
  readonly beside: BesideConfig
  /** Of the registry, in force. */
  readonly inForce: { readonly config: ServerConfig }
  readonly log: Log
}

/** Undefined where none is wanted. Errors: EXPOSURE_REFUSED, STORE_INVALID over a restore that was killed, and those of {@link openNotary}. */
export async function openBeside({ root, beside, inForce, log }: BesideOptions): Promise<BesideNotary | undefined> {
  const { config, isListenSaid, passphrase } = beside
  if (config.listen === 'off') return undefined
  await checkExposure(config, isOpen(inForce.config))
  await refuseUnfinishedRestore(root)
  const notary = await openNotary({ root, config, passphrase, log })
  const stopRows = await serveNotaryRows(root, notary.snapshots, log).catch(async (error: unknown) => {
    await notary.service.close()
    throw error
  })
  let server: NotaryServer | undefined
  return {
    notary,
    async start(forNotary) {
      const access = accessOfRegistry(forNotary, {
        isOpen: () => isOpen(inForce.config),
        log,
        logging: () => inForce.config.log.requests,
      })
      if (!access.isOpen() && access.tokenPages === undefined) throw withoutTokens()
      const drain = (): number => inForce.config.shutdown.drain
      server = await startNotary({ root, inForce: { config }, notary, log, access, drain }).catch((error: unknown) => {
        if (isListenSaid || !isIbuildError(error, 'LISTEN_FAILED')) throw error
        log.warn('no notary is served: say with --notary-listen where, or off', { error })
        return undefined
      })
      return server
    },
    async apply(wanted) {
      const { live, atRestart } = (await server?.apply(wanted)) ?? { live: [], atRestart: [] }
      const inFile = (path: string): string => `notary.${path}`
      return { live: live.map(inFile), atRestart: atRestart.map(inFile) }
    },
    stop: async () => (await server?.stop()) ?? true,
    async close() {
      await stopRows()
      await notary.service.close()
    },
  }
}
