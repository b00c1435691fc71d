import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setPassword } from '../../registry/access/scene.ts'
import { startServer, until } from '../../testing/serve.ts'
import type { TrustServer } from './trust-server.ts'

/** A registry with accounts, and a notary beside it. */
export interface GuardedServer extends TrustServer {
  /** `127.0.0.1:PORT` of the registry. */
  readonly registry: string
}

export interface GuardedOptions {
  /** Text of the configuration file. */
  readonly config: string
  readonly passwords: Readonly<Record<string, string>>
}

/** Starts `ibuild serve` with a notary on a port of its own; all data is below `directory`. */
export async function startGuardedServer(directory: string, options: GuardedOptions): Promise<GuardedServer> {
  const [root, file] = [join(directory, 'root'), join(directory, 'config.yml')]
  mkdirSync(root, { recursive: true })
  writeFileSync(file, options.config)
  for (const [name, password] of Object.entries(options.passwords)) await setPassword(root, name, password)
  const flags = ['--root', root, '--config', file, '--listen', '127.0.0.1:0', '--notary-listen', '127.0.0.1:0']
  const server = await startServer(flags)
  const log = (): string => server.stdout() + server.stderr()
  const [, url = ''] = await until(() => /^ibuild serves trusted collections at (\S+)\n/m.exec(log()), 10_000, log)
  const close = async (): Promise<void> => void (await server.stop())
  return {
    registry: new URL(server.url).host,
    url: `https://localhost:${new URL(url).port}`,
    authority: join(root, 'notary/tls/ca.crt'),
    log,
    close,
    [Symbol.asyncDispose]: close,
  }
}
