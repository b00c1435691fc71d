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

export interface DockerdOptions {
  readonly storageDriver?: string
  /** Name of a network namespace to be in; see ip-netns. */
  readonly network?: string
  /** Folder that the daemon sees as /etc/docker/certs.d. */
  readonly certificates?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Starts a dockerd of our own that keeps everything below `directory` (short enough for sockets: at most 60 characters),
 * without bridge and iptables: containers use `--network host` or `none`. Needs root, dockerd and docker.
 */
export async function startDockerd(directory: string, options: DockerdOptions = {}): Promise<Dockerd> {
  const at = (name: string): string => join(directory, name)
  const host = `unix://${at('docker.sock')}`
  mkdirSync(at('client'), { recursive: true })
  writeFileSync(at('daemon.json'), '{}')
  rmSync(at('docker.pid'), { force: true }) // left by one that was killed
  const { storageDriver = 'overlay2' } = options
  const client = requireProgram('docker')
  const withHost = (options: RunOptions = {}): RunOptions => ({
    ...options,
    env: { DOCKER_HOST: host, DOCKER_CONFIG: at('client'), DOCKER_CONTEXT: undefined, ...options.env },
  })
  const tryDocker: Dockerd['tryDocker'] = (args, options) => run(client, args, withHost(options))
  const daemon = await startDaemon({
    ...placed(
      [requireProgram('dockerd'), `--host=${host}`, ...flags(at), `--storage-driver=${storageDriver}`],
      options,
    ),
    directory,
    privateFolders: ['/run/containerd', '/run/docker', ...(options.certificates === undefined ? [] : ['/etc/docker'])],
    ...(options.env && { env: options.env }),
    ready: async () => (await tryDocker(['version', '--format', '{{.Server.Version}}'])).code === 0,
  })
  return { ...daemon, host, tryDocker, docker: (args, options) => runOk(client, args, withHost(options)) }
}

/** The daemon's command line, behind those that put it into its network and give it its certificates. */
function placed(
  command: readonly string[],
  { network, certificates }: DockerdOptions,
): { readonly program: string; readonly args: readonly string[] } {
  const bind = 'mkdir -p /etc/docker/certs.d && mount --bind "$0" /etc/docker/certs.d && exec "$@"'
  const [program = '', ...args] = [
    ...(network === undefined ? [] : ['nsenter', `--net=/run/netns/${network}`]),
    ...(certificates === undefined ? [] : ['sh', '-c', bind, certificates]),
    ...command,
  ]
  return { program, args }
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
