import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../../testing/serve.ts'
import type { TrustServer } from './trust-server.ts'

export interface NotaryOptions {
  /** Text of its configuration file. */
  readonly config?: string
  /** More arguments. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Starts `ibuild notary serve`, which keeps its data below `directory`. */
export async function startNotary(directory: string, options: NotaryOptions = {}): Promise<TrustServer> {
  const { config, args = [], env = {} } = options
  const root = join(directory, 'root')
  mkdirSync(root, { recursive: true })
  const file = join(directory, 'notary.yml')
  if (config !== undefined) writeFileSync(file, config)
  const flags = [
    '--root',
    root,
    '--listen',
    '127.0.0.1:0',
    ...(config === undefined ? [] : ['--config', file]),
    ...args,
  ]
  const server = await startServer(flags, { command: ['notary', 'serve'], env })
  const close = async (): Promise<void> => void (await server.stop())
  return {
    url: `https://localhost:${new URL(server.url).port}`,
    authority: join(root, 'notary/tls/ca.crt'),
    log: () => server.stdout() + server.stderr(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
