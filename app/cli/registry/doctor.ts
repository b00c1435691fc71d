import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { checkClock, momentNow } from '../../../registry/doctor/check-clock.ts'
import { checkDisk } from '../../../registry/doctor/check-disk.ts'
import { checkPeer, hostOf } from '../../../registry/doctor/check-peer.ts'
import { checkFileLimit, checkPort } from '../../../registry/doctor/check-process.ts'
import { checkService } from '../../../registry/doctor/check-service.ts'
import { checkTls } from '../../../registry/doctor/check-tls.ts'
import { type Check, checked, failure } from '../../../registry/doctor/types.ts'
import { connectAdmin } from '../../../registry/server/admin/client.ts'
import type { RegistryAdmin, ServerStatus } from '../../../registry/server/admin/types.ts'
import { checkExposure } from '../../../registry/server/config/exposure.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { isLoopback } from '../../../shared/web/address.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { declareRegistryFlags, openRegistryClient, type RegistryFlags } from '../registry-client.ts'
import { type LoadedConfig, loadConfig } from '../serve/load-config.ts'
import { doctorReport } from './doctor-report.ts'
import { parseNameOf } from './repository-name.ts'

interface Flags extends RegistryFlags {
  readonly root?: string
  readonly config?: string
  readonly url?: string
  readonly repository?: string
  readonly json?: boolean
}

const help = `
Tries out what a registry needs: clock, data folder and disk, configuration, address, certificates.
Then pushes an image of some MiB to a running server, pulls it again and removes it: to that of the
data folder, or to --url, which may be behind proxies. Credentials are those of ibuild login.
Each line says ok, warn, fail or skip, and what to do. Exit code 1 when something fails.`

/** `ibuild registry doctor` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry doctor', 'Try out all that a registry needs')
    .option('--config <file>', 'YAML file with the configuration (default: IBUILD_REGISTRY_CONFIG)')
    .option('--url <url>', 'registry to push to (default: the running server of the data folder)')
    .option('--repository <name>', 'below which name an image is pushed and removed (default: ibuild-doctor)')
    .option('--json', 'print a JSON array')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declareRegistryFlags(parser)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const prefix = parseNameOf('--repository', flags.repository ?? 'ibuild-doctor')
  const url = flags.url === undefined ? undefined : parseUrl(flags.url)
  const report = doctorReport(flags.json === true)
  const start = momentNow()
  for await (const check of checksOf(flags, { prefix, url })) await report.check(check)
  await report.check(checkClock(start))
  return report.end()
}

interface Wanted {
  readonly prefix: string
  readonly url: URL | undefined
}

async function* checksOf(flags: Flags, { prefix, url }: Wanted): AsyncGenerator<Check> {
  const loaded = await load(flags)
  if ('check' in loaded) yield loaded.check
  else yield* configChecks(loaded.config)
  const config = 'check' in loaded ? undefined : loaded.config.config
  const root = 'check' in loaded ? dataFolder(flags.root) : loaded.config.root
  yield* await checkDisk(root, config?.storage.reserve ?? 0)
  const admin = await adminOf(root)
  const server = (await admin?.status())?.server ?? undefined
  yield await checkFileLimit(config?.limits.connections ?? 0, server?.pid)
  if (config !== undefined) {
    yield await checkPort(config.listen, server?.url)
    yield* await checkTls(config, { root, host: url && hostOf(url) })
  }
  yield* serviceChecks(flags, { prefix, url, admin, server })
}

async function load(flags: Flags): Promise<{ readonly config: LoadedConfig } | { readonly check: Check }> {
  const { root, config } = flags
  try {
    return {
      config: await loadConfig(
        { ...(root !== undefined && { root }), ...(config !== undefined && { config }) },
        process.env,
      ),
    }
  } catch (error) {
    return { check: failure('configuration', error) }
  }
}

async function* configChecks(loaded: LoadedConfig): AsyncGenerator<Check> {
  const name = 'configuration'
  for (const notice of loaded.notices) yield { name, status: 'warn', message: notice }
  yield await checked(name, async () => {
    await checkExposure(loaded.config)
    return { status: 'ok', message: 'can be used' }
  })
}

async function adminOf(root: string): Promise<RegistryAdmin | undefined> {
  const { adminSocket } = registryLayout(root)
  return existsSync(adminSocket) ? connectAdmin(adminSocket) : undefined
}

interface Served extends Wanted {
  readonly admin: RegistryAdmin | undefined
  readonly server: ServerStatus | undefined
}

async function* serviceChecks(flags: Flags, { prefix, url, admin, server }: Served): AsyncGenerator<Check> {
  const place = url ?? (server === undefined ? undefined : ownPlace(server.url))
  if (place === undefined) {
    yield {
      name: 'push and pull',
      status: 'skip',
      message: 'no server runs on this data folder',
      mend: 'Start it, or name one with --url.',
    }
    return
  }
  // Who we speak to over the own machine is known by the socket, whatever certificate it has for others.
  const isOwn = url === undefined && isLoopback(hostOf(place))
  const peer = await checkPeer(place, isOwn)
  yield* peer
  if (peer[0]?.status === 'fail') return
  const client = await openRegistryClient(isOwn ? { ...flags, insecure: true } : flags)
  const path = `${prefix}/${randomBytes(6).toString('hex')}`
  try {
    yield* await checkService({ client, domain: place.host, path, uploads: admin && (() => admin.uploads()) })
  } finally {
    await client.close()
  }
}

/** A server that listens on all addresses is called by that of this machine for itself. */
function ownPlace(text: string): URL {
  const url = new URL(text)
  if (url.hostname === '[::]' || url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  return url
}

function parseUrl(text: string): URL {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`)
  if (url !== null && url.username === '' && url.pathname === '/' && url.search === '') return url
  throw new IbuildError('USAGE', `--url: not the address of a registry: ${JSON.stringify(text.slice(0, 200))}`, {
    hint: 'Write it as https://HOST:PORT.',
  })
}
