import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority, createServerCertificate } from '../../../shared/net/certificates.ts'
import { startDaemon } from '../../testing/daemon.ts'
import { requireProgram } from '../../testing/programs.ts'
import { freePort } from '../../testing/registry.ts'
import { get, type TrustServer } from './trust-server.ts'

export interface ReferenceOptions {
  /** Members of its configuration beside those that are set here, `auth` for one. */
  readonly config?: object
  /** False for plain HTTP, which is for measuring alone: no client takes it. Default true. */
  readonly isTls?: boolean
}

/**
 * Starts notary-server, whose collections and keys are gone when it ends. What it needs lies in `directory`. Needs root and
 * the program `notary-server`.
 */
export async function startReferenceServer(
  directory: string,
  { config = {}, isTls = true }: ReferenceOptions = {},
): Promise<TrustServer> {
  mkdirSync(directory, { recursive: true })
  const at = (name: string): string => join(directory, name)
  const port = await freePort()
  writeCertificates(at)
  const settings = {
    server: {
      http_addr: `127.0.0.1:${port}`,
      ...(isTls && { tls_key_file: at('server.key'), tls_cert_file: at('server.crt') }),
    },
    trust_service: { type: 'local' },
    logging: { level: 'error' },
    storage: { backend: 'memory' },
    ...config,
  }
  writeFileSync(at('server.json'), JSON.stringify(settings))
  const server = { url: isTls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`, authority: at('ca.crt') }
  const daemon = await startDaemon({
    program: requireProgram('notary-server'),
    args: [`-config=${at('server.json')}`],
    directory,
    privateFolders: [],
    ready: () =>
      get(server, '/_notary_server/health').then(
        ({ status }) => status === 200,
        () => false,
      ),
  })
  return { ...daemon, ...server }
}

function writeCertificates(at: (name: string) => string): void {
  const [from, until] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 24 * 3_600_000)]
  const authority = createAuthority({ commonName: 'test CA', from, until })
  const names = ['localhost', '127.0.0.1']
  const server = createServerCertificate(authority, { commonName: 'localhost', from, until, names })
  writeFileSync(at('ca.crt'), authority.certificate)
  writeFileSync(at('server.crt'), server.certificate)
  writeFileSync(at('server.key'), server.key, { mode: 0o600 })
}
