import {
  asObject,
  asString,
  asStringMap,
  isObject,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
} from '../../../shared/base/json.ts'
import { type Credentials, isHub, keyOf } from '../../../shared/net/auth/credentials.ts'

/** What a `config.json` of Docker or an `auth.json` of containers tells of credentials. */
export interface ConfigFile {
  /** All of the file; what is not known here must stay. */
  readonly content: JsonObject
  readonly auths: ReadonlyMap<string, JsonObject>
  /** Program for all hosts, without its prefix. */
  readonly store: string | undefined
  /** Program for a host. */
  readonly helpers: ReadonlyMap<string, string>
}

/** Reads such a file. Errors: CREDENTIALS_INVALID. */
export function parseConfigFile(value: JsonValue, file: string): ConfigFile {
  const place: JsonPlace = { code: 'CREDENTIALS_INVALID', path: file }
  const content = asObject(value, place)
  const auths = Object.entries(optional(content, 'auths', place, asObject) ?? {})
  return {
    content,
    auths: new Map(auths.map(([key, entry]) => [key, isObject(entry) ? entry : {}])),
    store: optional(content, 'credsStore', place, asString) || undefined,
    helpers: new Map(Object.entries(optional(content, 'credHelpers', place, asStringMap) ?? {})),
  }
}

export const emptyConfigFile: ConfigFile = { content: {}, auths: new Map(), store: undefined, helpers: new Map() }

/** The program that keeps the credentials of a host, if one does. */
export function helperFor({ helpers, store }: ConfigFile, domain: string): string | undefined {
  const own = [keyOf(domain), domain, ...(isHub(domain) ? ['docker.io', 'index.docker.io'] : [])]
  return own.map((key) => helpers.get(key)).find((name) => name !== undefined) ?? store
}

/**
 * What the file itself has for a host. Keys may be URLs, as old programs wrote them, or have a part of the repository's
 * name behind the host: then the longest that fits counts.
 */
export function credentialsIn({ auths }: ConfigFile, domain: string, path?: string): Credentials | undefined {
  const entries = new Map([...auths].map(([key, entry]) => [plainKey(key), entry]))
  for (const [key, entry] of auths)
    if (plainKey(key) === key || key === keyOf(domain)) entries.set(plainKey(key), entry)
  const hosts = isHub(domain) ? ['index.docker.io', 'docker.io', 'registry-1.docker.io'] : [domain]
  for (const key of hosts.flatMap((host) => keysFor(host, path))) {
    const found = readEntry(entries.get(key) ?? {})
    if (found !== undefined) return found
  }
  return undefined
}

/** Without scheme, and without what an address of a registry has behind the host. */
function plainKey(key: string): string {
  const isAddress = /^https?:\/\//.test(key)
  const rest = key.replace(/^https?:\/\//, '')
  return isAddress ? rest.replace(/\/.*$/, '') : rest.replace(/\/v[12]\/?$/, '').replace(/\/$/, '')
}

function keysFor(host: string, path: string | undefined): string[] {
  const parts = path?.split('/') ?? []
  return [...parts.map((_, i) => `${host}/${parts.slice(0, parts.length - i).join('/')}`), host]
}

function readEntry(entry: JsonObject): Credentials | undefined {
  const text = (key: string): string => (typeof entry[key] === 'string' ? entry[key] : '')
  if (text('registrytoken') !== '') return { kind: 'bearer', token: text('registrytoken') }
  const decoded = Buffer.from(text('auth'), 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = decoded.indexOf(':')
  const username = colon > 0 ? decoded.slice(0, colon) : text('username') || undefined
  if (text('identitytoken') !== '') return { kind: 'identity', token: text('identitytoken'), username }
  if (colon > 0) return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
  if (text('username') === '' || text('password') === '') return undefined
  return { kind: 'password', username: text('username'), password: text('password') }
}
