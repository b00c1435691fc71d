import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dockerd, startDockerd } from '../../testing/dockerd.ts'
import { findProgram } from '../../testing/programs.ts'
import { type RunOutput, tail } from '../../testing/run.ts'
import { type Served, startServe } from '../../testing/serve.ts'
import { startNotary } from './ibuild-server.ts'
import type { TrustServer } from './trust-server.ts'

/** Why the docker here is none that knows content trust in push and pull; undefined when it does, or when there is none. */
export function withoutContentTrust(): string | undefined {
  const docker = findProgram('docker')
  if (docker === undefined) return undefined
  const version = execFileSync(docker, ['--version'], { encoding: 'utf8' })
  const major = Number(/version (\d+)\./.exec(version)?.[1])
  return major < 29
    ? undefined
    : `needs a docker command before 29, which knows content trust; this is ${version.trim()}`
}

/** A docker daemon, our registry and our notary. */
export interface DockerTrust {
  readonly registry: Served
  readonly notary: TrustServer
  readonly daemon: Dockerd
  /** The docker command with keys and metadata of its own, as one person has it. */
  readonly person: () => Person
  close(): Promise<void>
}

export interface Person {
  /** The folder of its configuration, `~/.docker` as a rule. */
  readonly config: string
  /** Runs docker with content trust; a non-zero exit is an error. What it gives is all that it wrote. */
  trusted(...args: readonly string[]): Promise<string>
  /** As `trusted`, for what must fail: the error is a success. */
  refused(...args: readonly string[]): Promise<string>
  /** As `trusted`, without content trust. */
  docker(...args: readonly string[]): Promise<string>
}

/** Starts all three. Needs root, docker and dockerd. */
export async function startDockerTrust(): Promise<DockerTrust> {
  const folder = mkdtempSync(join(tmpdir(), 'ib-'))
  await using started = new AsyncDisposableStack()
  started.defer(() => rmSync(folder, { recursive: true, force: true }))
  const notary = started.use(await startNotary(join(folder, 'notary')))
  const registry = started.use(await startServe(join(folder, 'registry')))
  const daemon = started.use(await startDockerd(join(folder, 'd')))
  let people = 0
  const person = (): Person => newPerson({ folder: join(folder, `person-${++people}`), notary, daemon })
  const ending = started.move()
  return { registry, notary, daemon, person, close: () => ending.disposeAsync() }
}

interface PersonOptions {
  readonly folder: string
  readonly notary: TrustServer
  readonly daemon: Dockerd
}

function newPerson({ folder, notary, daemon }: PersonOptions): Person {
  const config = join(folder, '.docker')
  const tls = join(config, 'tls', new URL(notary.url).host)
  mkdirSync(tls, { recursive: true })
  cpSync(notary.authority, join(tls, 'ca.crt'))
  writeFileSync(join(config, 'config.json'), '{}')
  const env = {
    HOME: folder,
    DOCKER_CONFIG: config,
    DOCKER_CONTENT_TRUST_SERVER: notary.url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root-passphrase',
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository-passphrase',
  }
  const attempt = (args: readonly string[], trust: string): Promise<RunOutput> =>
    daemon.tryDocker(args, { env: { ...env, DOCKER_CONTENT_TRUST: trust }, timeout: 120_000 })
  const expectCode = async (isFailure: boolean, args: readonly string[], trust = '1'): Promise<string> => {
    const { code, stdout, stderr } = await attempt(args, trust)
    if ((code !== 0) === isFailure) return stdout + stderr
    throw new Error(`docker ${args.join(' ')} ended with ${code}\n${tail(stdout + stderr)}`)
  }
  return {
    config,
    trusted: (...args) => expectCode(false, args),
    refused: (...args) => expectCode(true, args),
    docker: (...args) => expectCode(false, args, '0'),
  }
}
