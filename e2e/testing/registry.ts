import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { requireProgram } from './programs.ts'

export interface Registry extends Daemon {
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly host: string
}

/** distribution under both its names: Debian's of the 2 series, and the one that `npm run setup -- peers` builds. */
export type RegistryProgram = 'docker-registry' | 'distribution'

/**
 * Starts a registry that keeps everything below `directory`, which is there, and may delete; `more` are further keys of its
 * configuration. Needs root and the program.
 */
export async function startRegistry(
  directory: string,
  program: RegistryProgram = 'docker-registry',
  more: object = {},
): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`
  const config = join(directory, 'config.yml')
  const storage = { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } }
  writeFileSync(
    config,
    JSON.stringify({ version: 0.1, log: { level: 'warn' }, storage, http: { addr: host }, ...more }),
  )
  const daemon = await startDaemon({
    program: requireProgram(program),
    args: ['serve', config],
    directory,
    privateFolders: [],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: () => answers(host),
  })
  return { ...daemon, host }
}

async function answers(host: string): Promise<boolean> {
  const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
  return answer?.ok === true
}

/** A port that nothing listens on at this moment, for programs that do not tell which one they took. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
