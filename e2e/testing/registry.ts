import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { requireProgram } from './programs.ts'

export interface Registry extends Daemon {
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly host: string
}

/** Starts a registry that keeps everything below `directory`, which is there. Needs root and docker-registry. */
export async function startRegistry(directory: string): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`
  const config = join(directory, 'config.yml')
  const storage = { filesystem: { rootdirectory: join(directory, 'data') } }
  writeFileSync(config, JSON.stringify({ version: 0.1, log: { level: 'warn' }, storage, http: { addr: host } }))
  const ready = async (): Promise<boolean> => {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
    return answer?.ok === true
  }
  const program = requireProgram('docker-registry')
  return { ...(await startDaemon({ program, args: ['serve', config], directory, privateFolders: [], ready })), host }
}

async function freePort(): Promise<number> {
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
