import { notaryLayout } from '../../notary/server/layout.ts'
import type { NotarySnapshots } from '../../notary/server/open-notary.ts'
import { openSignerFolder } from '../../notary/signer/open-signer.ts'
import type { SecretSource } from '../../notary/signer/read-secret.ts'
import { type SignerServer, type SignerServerOptions, startSignerServer } from '../../notary/signer/signer-server.ts'
import { refuseUnfinishedRestore } from '../../registry/storage/unfinished-restore.ts'
import { makeDataRoot } from '../../shared/cas/data-root.ts'
import { createLog, type Log, type LogSettings } from '../../shared/log/log.ts'
import type { ServeHost } from './host.ts'
import { serveNotaryRows } from './rows-socket.ts'

/** How a signer is served. */
export interface ServeSignerConfig extends Pick<SignerServerOptions, 'listen' | 'tls' | 'clients' | 'names'> {
  /** Data folder. */
  readonly root: string
  /** What unlocks the keys. */
  readonly secret: SecretSource
  readonly type: 'ecdsa' | 'ed25519'
  readonly log: LogSettings
}

/**
 * Serves the signer of a data folder until the host says to stop; resolves to the exit code. Errors: SIGNER_INVALID, TLS_INVALID,
 * LISTEN_FAILED and those of opening the store.
 */
export async function serveSigner(config: ServeSignerConfig, host: ServeHost): Promise<number> {
  const { root, secret, type, ...options } = config
  const log = createLog(config.log, { write: host.writeLog, isTerminal: host.isTerminal })
  await using opened = new AsyncDisposableStack()
  opened.defer(() => log.flush())
  await makeDataRoot(root)
  await refuseUnfinishedRestore(root)
  const folder = notaryLayout(root).signer
  const onNotice = (notice: string): void => log.warn(notice)
  const snapshots: NotarySnapshots = {}
  const signer = await openSignerFolder({
    ...secret,
    folder,
    type,
    now: Date.now,
    onNotice,
    onOpen: (snapshot) => (snapshots.signer = snapshot),
  })
  opened.defer(() => signer.close())
  opened.defer(await serveNotaryRows(root, snapshots, log))
  const server = await startSignerServer({ ...options, signer, folder, log })
  opened.defer(() => server.close())
  tellServing(server, log, root)
  host.tellReady(`ibuild signs for notary servers at ${server.url}\n`)
  await host.stopped
  log.info('stopping')
  return 0
}

function tellServing({ url, clientFiles }: SignerServer, log: Log, root: string): void {
  log.info('serving', { url, root, pid: process.pid })
  if (clientFiles !== undefined) {
    const { ca, certificate, key } = clientFiles
    log.info(`the notary server needs ${certificate} and ${key}, and to trust ${ca}`)
  }
  log.flush()
}
