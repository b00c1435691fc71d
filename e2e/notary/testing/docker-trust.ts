import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dockerd, startDockerd } from '../../testing/dockerd.ts'
import { findProgram } from '../../testing/programs.ts'
import { type RunOutput, tail } from '../../testing/run.ts'
import { startServe } from '../../testing/serve.ts'
import { type GuardedOptions, startGuardedServer } from './guarded-server.ts'
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
  /** `127.0.0.1:PORT`. */
  readonly registry: string
  readonly notary: TrustServer
  readonly daemon: Dockerd
  /** The docker command with keys and metadata of its own, as one person has it. `account` is `name:password`, for the registry. */
  readonly person: (account?: string) => Person
  readonly close: () => Promise<void>
}

export interface Person {
  /** The folder of its configuration, `~/.docker` as a rule. */
  readonly config: string
  /** What its docker gets in the environment, but for the daemon and whether content must be trusted. */
  readonly env: Readonly<Record<string, string>>
  /** Runs docker with content trust; a non-zero exit is an error. What it gives is all that it wrote. */
  trusted(...args: readonly string[]): Promise<string>
  /** As `trusted`, for what must fail: the error is a success. */
  refused(...args: readonly string[]): Promise<string>
  /** As `trusted`, without content trust. */
  docker(...args: readonly string[]): Promise<string>
}

/** Starts all three; with `accounts`, registry and notary are one process and guarded. Needs root, docker and dockerd. */
export async function startDockerTrust(accounts?: GuardedOptions): Promise<DockerTrust> {
  const folder = mkdtempSync(join(tmpdir(), 'ib-'))
  await using started = new AsyncDisposableStack()
  started.defer(() => rmSync(folder, { recursive: true, force: true }))
  const { notary, registry } = await startServers(join(folder, 's'), accounts, started)
  const daemon = started.use(await startDockerd(join(folder, 'd')))
  let people = 0
  const person = (account?: string): Person =>
    newPerson({ folder: join(folder, `person-${++people}`), registry, notary, daemon, account })
  const ending = started.move()
  return { registry, notary, daemon, person, close: () => ending.disposeAsync() }
}

interface Servers {
  readonly notary: TrustServer
  /** `127.0.0.1:PORT`. */
  readonly registry: string
}

async function startServers(
  folder: string,
  accounts: GuardedOptions | undefined,
  started: AsyncDisposableStack,
): Promise<Servers> {
  if (accounts !== undefined) {
    const notary = started.use(await startGuardedServer(folder, accounts))
    return { notary, registry: notary.registry }
  }
  const notary = started.use(await startNotary(join(folder, 'notary')))
  const { host: registry } = started.use(await startServe(join(folder, 'registry')))
  return { notary, registry }
}

export interface PersonOptions {
  readonly notary: Pick<TrustServer, 'url' | 'authority'>
  /** `HOST:PORT`. */
  readonly registry: string
  /** `name:password`, for the registry. */
  readonly account?: string | undefined
  readonly folder: string
  readonly daemon: Dockerd
}

/** The docker command with keys, metadata and a login of its own in `folder`. */
export function newPerson({ folder, notary, registry, daemon, account }: PersonOptions): Person {
  const config = join(folder, '.docker')
  const tls = join(config, 'tls', new URL(notary.url).host)
  mkdirSync(tls, { recursive: true })
  cpSync(notary.authority, join(tls, 'ca.crt'))
  const auths = account === undefined ? {} : { [registry]: { auth: Buffer.from(account).toString('base64') } }
  writeFileSync(join(config, 'config.json'), JSON.stringify({ auths }))
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
    env,
    trusted: (...args) => expectCode(false, args),
    refused: (...args) => expectCode(true, args),
    docker: (...args) => expectCode(false, args, '0'),
  }
}
