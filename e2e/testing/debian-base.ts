import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { peersFolder } from './programs.ts'
import { runOk } from './run.ts'

const bundle = '/etc/ssl/certs/ca-certificates.crt'
const variables = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy']

/** What reaches Debian's packages on this host. */
interface HostApt {
  readonly suite: string
  /** Sources of Debian itself, in apt's own form. */
  readonly sources: string
  /** Proxies and whatever else apt is told about fetching. */
  readonly options: string
  /** Files of certificates that the container needs too. */
  readonly certificates: readonly string[]
}

/** What is wanted beside a minimal Debian: nothing, what Node and its users need, and what services run under. */
export const debians = {
  minimal: [],
  node: ['ca-certificates', 'libstdc++6', 'tzdata'],
  services: ['libstdc++6', 'procps', 'systemd', 'systemd-sysv'],
} as const

/**
 * The tar of a minimal Debian of the host's release with these packages beside, with the host's sources, apt settings and
 * certificates in it. Made once with mmdebstrap and kept beside the peers, outside of the repository. Needs root and, the
 * first time, network.
 */
export async function debianTar(packages: readonly string[] = debians.minimal): Promise<string> {
  const host = await readHostApt()
  const hash = createHash('sha256').update(JSON.stringify(packages.length === 0 ? host : { ...host, packages }))
  for (const certificate of host.certificates) hash.update(readFileSync(certificate))
  const key = hash.digest('hex').slice(0, 16)
  const folder = join(dirname(peersFolder()), 'debian')
  const file = join(folder, `${host.suite}-${key}.tar`)
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    await makeDebian(host, packages, `${file}.${process.pid}`)
    renameSync(`${file}.${process.pid}`, file)
  }
  return file
}

/** `--build-arg` for each proxy that the environment names; the value stays in the environment. */
export function proxyArguments(env: NodeJS.ProcessEnv = process.env): string[] {
  const names = variables.flatMap((name) => [name, name.toUpperCase()])
  return names.filter((name) => env[name] !== undefined).flatMap((name) => ['--build-arg', name])
}

async function makeDebian(host: HostApt, packages: readonly string[], tar: string): Promise<void> {
  const { suite, sources, options, certificates } = host
  const optionsFile = `${tar}.conf`
  writeFileSync(optionsFile, options)
  const hooks = certificates.flatMap((file) => [`mkdir -p "$1"${dirname(file)}`, `copy-in ${file} ${dirname(file)}`])
  const include = packages.map((name) => `--include=${name}`)
  const flags = [`--aptopt=${optionsFile}`, ...include, ...hooks.map((hook) => `--setup-hook=${hook}`)]
  const target = sources === '' ? [tar] : [tar, '-']
  await runOk('mmdebstrap', ['--variant=minbase', '--format=tar', ...flags, suite, ...target], {
    input: sources,
    timeout: 600_000,
  })
  rmSync(optionsFile)
}

async function readHostApt(): Promise<HostApt> {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable'
  const sources = await debianSources(suite)
  const { stdout } = await runOk('apt-config', ['dump', 'Acquire'])
  const options = stdout.split('\n').filter((line) => /^Acquire::(https?|ftp|Check-|Retries)\S* ".+";$/i.test(line))
  const named = options.flatMap((line) => /^Acquire::https::\S*CaInfo "(.+)";$/i.exec(line)?.[1] ?? [])
  const certificates = /https:/.test(sources) ? [...named, bundle].filter((file) => existsSync(file)) : []
  return { suite, sources, options: options.map((line) => `${line}\n`).join(''), certificates }
}

/** One line for each source of the release and its updates, whichever of apt's two forms the host has; others are left out. */
async function debianSources(suite: string): Promise<string> {
  const format = '$(SITE) $(RELEASE) $(COMPONENT)'
  const { stdout } = await runOk('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
  const lines = stdout.split('\n').flatMap((line) => {
    const [site = '', release = '', component = ''] = line.split(' ')
    return release.startsWith(suite) && /\/debian(-security)?\/?$/.test(site)
      ? [`deb ${site} ${release} ${component}`]
      : []
  })
  return [...new Set(lines)].map((line) => `${line}\n`).join('')
}
