import { BadValue, isPlainObject } from '../../../shared/config/kinds.ts'
import { nearest, type Setting, type Source } from '../../../shared/config/read.ts'
import { distributionKeys, type Fate } from './distribution-keys.ts'
import { serverSchema } from './schema.ts'

/** True for a configuration of distribution: it begins with its version, which ours has not. */
export function isDistribution(object: unknown): boolean {
  return isPlainObject(object) && Object.hasOwn(object, 'version')
}

export interface DistributionOptions {
  /** True when the data folder is named by a flag or a variable. */
  readonly hasRoot: boolean
}

/** Settings of a configuration of distribution, version 0.1. Every key that is not taken is named in a problem or notice. */
export function settingsOfDistribution(object: unknown, file: string, options: DistributionOptions): Source {
  const source = emptySource()
  const visit = (value: unknown, path: string): void => {
    if (sections.has(path) && isPlainObject(value)) {
      for (const [name, one] of Object.entries(value)) visit(one, path === '' ? name : `${path}.${name}`)
    } else if (!sections.has(path) || (value !== null && value !== undefined))
      take(source, { path, value, origin: `${file}: ${path}` }, options)
  }
  visit(object, '')
  checkVersion(object, file, source.problems)
  addDefaults(source.settings)
  const realm = source.settings.get('access.realm')
  if (realm !== undefined && !source.settings.has('access.htpasswd'))
    source.problems.push(`${realm.origin}: auth.htpasswd.path is missing`)
  return source
}

/** As distribution has it where its configuration is silent and ours differs. */
function addDefaults(settings: Map<string, Setting>): void {
  const path = 'delete.enabled'
  if (!settings.has(path)) settings.set(path, { value: false, origin: path })
  addTls(settings)
}

/** A certificate is reason enough for TLS. */
function addTls(settings: Map<string, Setting>): void {
  const certificate = settings.get('tls.certificate')
  if (certificate !== undefined) settings.set('tls.mode', { value: 'files', origin: certificate.origin })
}

interface MutableSource extends Source {
  readonly settings: Map<string, Setting>
  readonly problems: string[]
  readonly notices: string[]
}

function emptySource(): MutableSource {
  return { settings: new Map(), problems: [], notices: [] }
}

interface Found {
  readonly path: string
  readonly value: unknown
  readonly origin: string
}

function take(source: MutableSource, { path, value, origin }: Found, { hasRoot }: DistributionOptions): void {
  const fate = fateOf(path)
  if (fate === undefined) source.problems.push(`${origin}: ${unknown(path)}`)
  else if (path === 'storage.filesystem.rootdirectory' && !hasRoot) source.problems.push(`${origin}: ${otherLayout}`)
  else if (fate.kind === 'refused') source.problems.push(`${origin}: ${fate.about}`)
  else if (fate.kind === 'unused') source.notices.push(`${origin} is not used: ${fate.about}`)
  else if (fate.kind === 'mapped') source.settings.set(fate.to, { value: (fate.value ?? same)(value), origin })
}

const same = (value: unknown): unknown => value
const otherLayout =
  'what distribution keeps there is laid out in another way and cannot be served from there. Name a data folder with --root or IBUILD_ROOT, and take the images over with ibuild registry adopt'

/** What has keys below it, and the whole. */
const sections: ReadonlySet<string> = new Set([
  '',
  ...Object.keys(distributionKeys).flatMap((key) => {
    const parts = key.split('.').slice(0, -1)
    return parts.map((_, i) => parts.slice(0, i + 1).join('.'))
  }),
])

/** That of the longest key of the table which is the path or lies above it; a key of ours has none below it. */
function fateOf(path: string): Fate | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const key = path.slice(0, end)
    const fate = Object.hasOwn(distributionKeys, key) ? distributionKeys[key] : undefined
    if (fate !== undefined && (end === path.length || fate.kind !== 'mapped')) return fate
  }
  return undefined
}

function unknown(path: string): string {
  if (sections.has(path)) return 'expected a map of keys'
  const meant = nearest(path, [...Object.keys(distributionKeys), ...sections])
  return `there is no such key${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

function checkVersion(object: unknown, file: string, problems: string[]): void {
  const version = isPlainObject(object) ? object['version'] : undefined
  if (String(version) !== '0.1') {
    problems.push(`${file}: version: a configuration with a version is one of distribution, and that is 0.1`)
  }
}

const prefix = 'REGISTRY_'
/** Podman's and skopeo's: where clients keep their logins. */
const ofClients = 'REGISTRY_AUTH_FILE'

/**
 * Settings of the variables that distribution reads: REGISTRY_ and a path of its keys, with _ for each dot. Such names are
 * common, so those that fit no key are named in a notice only.
 */
export function settingsOfDistributionEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  options: DistributionOptions,
): Source {
  const source = emptySource()
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(prefix) || name === ofClients || text === undefined || text === '') continue
    const path = name.slice(prefix.length).toLowerCase().replaceAll('_', '.')
    if (path === 'storage') takeStorage(source, name, text)
    else if (path === 'auth') takeAuth(source, name, { way: text, file: env['REGISTRY_AUTH_HTPASSWD_PATH'] })
    else if (fateOf(path) === undefined) source.notices.push(`${name} is not used: it is no variable of distribution`)
    else takeText(source, { path, value: text, origin: name }, options)
  }
  addTls(source.settings)
  return source
}

/** REGISTRY_STORAGE alone names the driver. */
function takeStorage(source: MutableSource, name: string, driver: string): void {
  if (driver !== 'filesystem') source.problems.push(`${name}: blobs are kept on the filesystem, below the data folder`)
}

/** REGISTRY_AUTH alone names the way to log in; without the file that belongs to it everybody could do everything. */
function takeAuth(
  { problems }: MutableSource,
  name: string,
  { way, file }: { readonly way: string; readonly file: string | undefined },
): void {
  if (way === 'none' || (way === 'htpasswd' && file !== undefined && file !== '')) return
  problems.push(`${name}: accounts come from an htpasswd file: name it by REGISTRY_AUTH_HTPASSWD_PATH`)
}

/** distribution reads the text of a variable as YAML; here it is read as the key of ours wants it. */
function takeText(
  source: MutableSource,
  found: Found & { readonly value: string },
  options: DistributionOptions,
): void {
  const fate = fateOf(found.path)
  const kind = fate?.kind === 'mapped' ? serverSchema.byPath.get(fate.to)?.kind : undefined
  const isWord = /^(?:true|false)$/i.test(found.value)
  try {
    const value = isWord ? found.value.toLowerCase() === 'true' : (kind?.fromText(found.value) ?? found.value)
    take(source, { ...found, value }, options)
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    source.problems.push(`${found.origin}: ${error.message}`)
  }
}
