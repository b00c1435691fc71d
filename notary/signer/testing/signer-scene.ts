import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog, type Log } from '../../../shared/log/log.ts'
import { createMemoryRows } from '../../../shared/rows/memory-rows.ts'
import { openLocalSigner } from '../local-signer.ts'
import type { RemoteSignerTls } from '../remote-exchange.ts'
import { type SignerServer, type SignerServerOptions, startSignerServer } from '../signer-server.ts'

/** A log, and what was written to it. */
export function listeningLog(): { readonly log: Log; readonly text: () => string } {
  let text = ''
  const write = (more: string): void => {
    text += more
  }
  const log = createLog({ level: 'info', format: 'json' }, { write, isTerminal: false })
  return {
    log,
    text: () => {
      log.flush()
      return text
    },
  }
}

/** A signer on a free port of this machine, with its own CA in `folder` and keys in memory. */
export async function startTestSigner(
  folder: string,
  options: Partial<SignerServerOptions> = {},
): Promise<SignerServer & { readonly address: string; readonly tls: RemoteSignerTls }> {
  const secret = { kind: 'key', bytes: Buffer.alloc(32, 7) } as const
  const signer = await openLocalSigner({ rows: createMemoryRows(), secret, now: Date.now })
  const { log } = listeningLog()
  const server = await startSignerServer({ signer, listen: '127.0.0.1:0', folder, log, ...options })
  return { ...server, address: new URL(server.url).host, tls: clientTls(join(folder, 'tls')) }
}

/** What a client is given. */
function clientTls(folder: string): RemoteSignerTls {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { ca: read('ca.crt'), certificate: read('client.crt'), key: read('client.key') }
}
