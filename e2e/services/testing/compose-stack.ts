import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dockerd } from '../../testing/dockerd.ts'
import { freePorts } from '../../testing/free-ports.ts'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOptions, type RunOutput, runOk } from '../../testing/run.ts'

const repository = join(import.meta.dirname, '../../..')

/** The services of compose.yaml with host networking, on ports of their own. */
export interface ComposeStack {
  /** `localhost:PORT`. */
  readonly registry: string
  readonly notary: { readonly url: string; readonly authority: string }
  /** Where `init` writes. */
  readonly credentials: string
  compose(args: readonly string[], options?: RunOptions): Promise<RunOutput>
  /** Makes the credentials. */
  init(): Promise<void>
  /** Starts all services, and waits until they are healthy. */
  up(): Promise<void>
}

/** Configures the services of `image` for a daemon that has it; nothing is started. */
export async function makeStack(daemon: Dockerd, folder: string, image: string): Promise<ComposeStack> {
  const [registry = 0, notary = 0, signer = 0, gc = 0] = await freePorts(4)
  const [credentials, config] = [join(folder, 'credentials'), join(folder, 'config')]
  mkdirSync(credentials, { recursive: true })
  writeConfiguration(config, registry)
  const env = {
    DOCKER_HOST: daemon.host,
    COMPOSE_PROJECT_NAME: 'ibuild',
    IBUILD_IMAGE: image,
    IBUILD_CONFIG: config,
    IBUILD_CREDENTIALS: credentials,
    IBUILD_HOSTS: `localhost:${registry}`,
    REGISTRY_PORT: String(registry),
    NOTARY_PORT: String(notary),
    SIGNER_PORT: String(signer),
    GC_PORT: String(gc),
  }
  const composeOf =
    (names: readonly string[]): ComposeStack['compose'] =>
    (args, options) => {
      const files = names.flatMap((name) => ['-f', join(repository, name)])
      return runOk(requireProgram('docker-compose'), [...files, ...args], { ...options, env })
    }
  const compose = composeOf(['compose.yaml', 'compose.host.yaml'])
  return {
    registry: `localhost:${registry}`,
    notary: { url: `https://localhost:${notary}`, authority: join(credentials, 'tls/ca.crt') },
    credentials,
    compose,
    init: async () => void (await composeOf(['compose.init.yaml'])(['run', '--rm', 'init'])),
    async up() {
      try {
        await compose(['up', '-d'], { timeout: 180_000 })
        await untilHealthy(daemon, compose)
      } catch (cause) {
        const { stdout } = await compose(['logs', '--no-color', '--tail', '20'])
        throw new Error(`the services did not come up\n${stdout}`, { cause })
      }
    },
  }
}

/** The configuration of packaging/compose, with the ports of the test in URLs, and policies that are run each minute. */
function writeConfiguration(folder: string, registry: number): void {
  cpSync(join(repository, 'packaging/compose'), folder, { recursive: true })
  for (const name of ['notary.yml', 'gc.yml']) {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8').replaceAll(/(localhost|registry):5000/g, `$1:${registry}`)
    writeFileSync(file, text.replace(/cron: .+\n +timezone: .+/, 'everyMinutes: 1'))
  }
}

async function untilHealthy(daemon: Dockerd, compose: ComposeStack['compose']): Promise<void> {
  const ids = (await compose(['ps', '-q'])).stdout.split('\n').filter((id) => id !== '')
  const format = '{{.Name}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}'
  let states = ''
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(500)) {
    states = (await daemon.docker(['inspect', '--format', format, ...ids])).stdout
    if (
      states
        .trim()
        .split('\n')
        .every((line) => line.endsWith(' running healthy'))
    )
      return
  }
  throw new Error(`not all are healthy:\n${states}`)
}
