import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { requireProgram } from './programs.ts'
import { type RunOptions, type RunOutput, run, runOk } from './run.ts'

export interface Dockerd extends Daemon {
  /** `unix://...`, for DOCKER_HOST. */
  readonly host: string
  /** Runs the docker command against this daemon; a non-zero exit is an error. */
  docker(args: readonly string[], options?: RunOptions): Promise<RunOutput>
  /** As `docker`, but a non-zero exit is a result. */
  tryDocker(args: readonly string[], options?: RunOptions): Promise<RunOutput>
}

/**
 * Starts a dockerd of our own that keeps everything below `directory` (short enough for sockets: at most 60 characters),
 * without bridge and iptables: containers use `--network host` or `none`. Needs root, dockerd and docker.
 */
export async function startDockerd(directory: string, storageDriver = 'overlay2'): Promise<Dockerd> {
  const at = (name: string): string => join(directory, name)
  const host = `unix://${at('docker.sock')}`
  mkdirSync(at('client'), { recursive: true })
  writeFileSync(at('daemon.json'), '{}')
  rmSync(at('docker.pid'), { force: true }) // left by one that was killed
  const client = requireProgram('docker')
  const withHost = (options: RunOptions = {}): RunOptions => ({
    ...options,
    env: { DOCKER_HOST: host, DOCKER_CONFIG: at('client'), DOCKER_CONTEXT: undefined, ...options.env },
  })
  const tryDocker: Dockerd['tryDocker'] = (args, options) => run(client, args, withHost(options))
  const daemon = await startDaemon({
    program: requireProgram('dockerd'),
    args: [`--host=${host}`, ...flags(at), `--storage-driver=${storageDriver}`],
    directory,
    privateFolders: ['/run/containerd', '/run/docker'],
    ready: async () => (await tryDocker(['version', '--format', '{{.Server.Version}}'])).code === 0,
  })
  return { ...daemon, host, tryDocker, docker: (args, options) => runOk(client, args, withHost(options)) }
}

function flags(at: (name: string) => string): string[] {
  return [
    `--config-file=${at('daemon.json')}`,
    `--data-root=${at('data')}`,
    `--exec-root=${at('exec')}`,
    `--pidfile=${at('docker.pid')}`,
    '--iptables=false',
    '--ip-forward=false',
    '--bridge=none',
  ]
}
