import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { requireProgram } from './programs.ts'
import { type RunOptions, type RunOutput, run, runOk } from './run.ts'

export interface Buildkitd extends Daemon {
  /** `unix://...`, for BUILDKIT_HOST. */
  readonly host: string
  /** Runs buildctl against this daemon; a non-zero exit is an error. */
  buildctl(args: readonly string[], options?: RunOptions): Promise<RunOutput>
  /** As `buildctl`, but a non-zero exit is a result. */
  tryBuildctl(args: readonly string[], options?: RunOptions): Promise<RunOutput>
}

/**
 * Starts a buildkitd of our own (OCI worker, runc, overlayfs) that keeps everything below `directory` (at most 60
 * characters). A RUN has the host's network. Needs root, runc, and buildkitd and buildctl in the peers folder.
 */
export async function startBuildkitd(directory: string): Promise<Buildkitd> {
  mkdirSync(directory, { recursive: true })
  const host = `unix://${join(directory, 'buildkitd.sock')}`
  writeFileSync(join(directory, 'buildkitd.toml'), '')
  const client = requireProgram('buildctl')
  const withHost = (options: RunOptions = {}): RunOptions => ({
    ...options,
    env: { BUILDKIT_HOST: host, ...options.env },
  })
  const tryBuildctl: Buildkitd['tryBuildctl'] = (args, options) => run(client, args, withHost(options))
  const daemon = await startDaemon({
    program: requireProgram('buildkitd'),
    args: [`--addr=${host}`, ...flags(directory)],
    directory,
    privateFolders: ['/run/buildkit', '/run/runc'],
    ready: async () => (await tryBuildctl(['debug', 'workers'])).code === 0,
  })
  const buildctl: Buildkitd['buildctl'] = (args, options) => runOk(client, args, withHost(options))
  return { ...daemon, host, tryBuildctl, buildctl }
}

function flags(directory: string): string[] {
  return [
    `--config=${join(directory, 'buildkitd.toml')}`,
    `--root=${join(directory, 'root')}`,
    '--oci-worker=true',
    '--containerd-worker=false',
    '--oci-worker-snapshotter=overlayfs',
    `--oci-worker-binary=${requireProgram('runc')}`,
    '--oci-worker-gc=false',
  ]
}
