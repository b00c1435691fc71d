import { dirname, resolve } from 'node:path'
import {
  arrayOf,
  asBoolean,
  asObject,
  asString,
  failAt,
  isObject,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  placeOf,
} from '../../../shared/base/json.ts'

/** What is said of hosts: by our own settings, Docker's and the command line. */
export interface HostSettings {
  /** By host with optional port, as names of images have it. */
  readonly hosts: ReadonlyMap<string, HostRule>
  /** Networks in CIDR form whose hosts need no TLS. */
  readonly insecureNetworks: readonly string[]
  /** True when all hosts may do without TLS, or have any certificate. */
  readonly isAllInsecure: boolean
}

export interface HostRule {
  /** May do without TLS, or have any certificate. */
  readonly isInsecure?: boolean | undefined
  /** Asked before the host, in this order: `http://` or `https://` and a host, or a host alone. */
  readonly mirrors?: readonly string[] | undefined
  /** File with certificates of authorities, in PEM. */
  readonly caFile?: string | undefined
}

export const noHostSettings: HostSettings = { hosts: new Map(), insecureNetworks: [], isAllInsecure: false }

const hostPattern = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i
const networkPattern = /^[0-9a-f:.]+\/\d{1,3}$/i
const mostHosts = 1000
const mostMirrors = 16

/**
 * Our own file: `registries:` with `insecure`, `mirrors` and `ca` for each host. Errors: REGISTRIES_INVALID with the place
 * of what is wrong; a word that is not known is wrong. Paths are relative to the folder of `file`.
 */
export function parseRegistriesFile(value: JsonValue, file: string): HostSettings {
  const place: JsonPlace = { code: 'REGISTRIES_INVALID', path: file }
  if (value === null) return noHostSettings
  const object = onlyKnown(asObject(value, place), place, ['registries'])
  const entries = Object.entries(optional(object, 'registries', place, asObject) ?? {})
  const at = placeOf(place, 'registries')
  if (entries.length > mostHosts) failAt(at, `more than ${mostHosts} hosts`)
  return {
    ...noHostSettings,
    hosts: new Map(
      entries.map(([host, rule]) => [asHost(host, at), parseRule(rule, placeOf(at, host), dirname(file))]),
    ),
  }
}

function parseRule(value: JsonValue, place: JsonPlace, folder: string): HostRule {
  const object = onlyKnown(asObject(value ?? {}, place), place, ['insecure', 'mirrors', 'ca'])
  return {
    isInsecure: optional(object, 'insecure', place, asBoolean),
    mirrors: optional(object, 'mirrors', place, arrayOf(asMirror, mostMirrors)),
    caFile: optional(object, 'ca', place, (ca, at) => resolve(folder, asString(ca, at))),
  }
}

function onlyKnown(object: JsonObject, place: JsonPlace, known: readonly string[]): JsonObject {
  const unknown = Object.keys(object).find((key) => !known.includes(key))
  return unknown === undefined ? object : failAt(placeOf(place, unknown), `is not known; there are ${known.join(', ')}`)
}

function asHost(host: string, place: JsonPlace): string {
  return hostPattern.test(host) ? host.toLowerCase() : failAt(placeOf(place, host), 'is not a host with optional port')
}

function asMirror(value: JsonValue, place: JsonPlace): string {
  const text = asString(value, place).replace(/\/+$/, '')
  const host = text.replace(/^https?:\/\//, '')
  return hostPattern.test(host) ? text : failAt(place, 'is not a host, nor http:// or https:// with a host')
}

/**
 * The part of the settings of Docker's daemon that concerns hosts: `insecure-registries` (hosts and networks) and
 * `registry-mirrors` (of docker.io). What cannot be used in them is left out: they are for another program.
 */
export function parseDaemonSettings(value: JsonValue): HostSettings {
  const texts = (key: string): string[] => {
    const member = isObject(value) ? value[key] : undefined
    return Array.isArray(member) ? member.slice(0, mostHosts).filter((item) => typeof item === 'string') : []
  }
  const insecure = texts('insecure-registries').map((text) => text.replace(/^https?:\/\//i, '').replace(/\/+$/, ''))
  const mirrors = texts('registry-mirrors')
    .map((text) => text.replace(/\/+$/, ''))
    .filter((text) => /^https?:\/\//.test(text) && hostPattern.test(text.replace(/^https?:\/\//, '')))
  const hosts = new Map<string, HostRule>()
  for (const host of insecure.filter((text) => hostPattern.test(text)))
    hosts.set(host.toLowerCase(), { isInsecure: true })
  if (mirrors.length > 0) hosts.set('docker.io', { ...hosts.get('docker.io'), mirrors: mirrors.slice(0, mostMirrors) })
  return { hosts, insecureNetworks: insecure.filter((text) => networkPattern.test(text)), isAllInsecure: false }
}

/** Both; where both say something of a host, the first counts. */
export function mergeHostSettings(first: HostSettings, second: HostSettings): HostSettings {
  const hosts = new Map(second.hosts)
  for (const [host, rule] of first.hosts) hosts.set(host, overlay(rule, hosts.get(host) ?? {}))
  return {
    hosts,
    insecureNetworks: [...first.insecureNetworks, ...second.insecureNetworks],
    isAllInsecure: first.isAllInsecure || second.isAllInsecure,
  }
}

function overlay(first: HostRule, second: HostRule): HostRule {
  return {
    isInsecure: first.isInsecure ?? second.isInsecure,
    mirrors: first.mirrors ?? second.mirrors,
    caFile: first.caFile ?? second.caFile,
  }
}
