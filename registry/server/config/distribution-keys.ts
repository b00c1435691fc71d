import { isPlainObject } from '../../../shared/config/kinds.ts'

/** What becomes of a key of distribution's configuration here. `about` says it to people, and stands in the documentation. */
export type Fate =
  /** It is a key of ours; `value` turns its value into one of ours. */
  | { readonly kind: 'mapped'; readonly to: string; readonly value?: (value: unknown) => unknown }
  /** What it asks for is so anyway, or makes no difference here: no word about it. */
  | { readonly kind: 'same'; readonly about: string }
  /** It can be left out without harm; a notice names it. */
  | { readonly kind: 'unused'; readonly about: string }
  /** What it asks for is not to be had: an error names it. */
  | { readonly kind: 'refused'; readonly about: string }

const mapped = (to: string, value?: (value: unknown) => unknown): Fate => ({
  kind: 'mapped',
  to,
  ...(value && { value }),
})
const same = (about: string): Fate => ({ kind: 'same', about })
const unused = (about: string): Fate => ({ kind: 'unused', about })
const refused = (about: string): Fate => ({ kind: 'refused', about })

const levels: Readonly<Record<string, string>> = { panic: 'error', fatal: 'error', warning: 'warn', trace: 'debug' }
const level = (value: unknown): unknown => (typeof value === 'string' ? (levels[value] ?? value) : value)
const formats: Readonly<Record<string, string>> = { logstash: 'json' }
const tlsVersions: Readonly<Record<string, string>> = { 'tls1.2': '1.2', 'tls1.3': '1.3' }
/** Endpoints as distribution has them, as ours; what is not theirs stays, for the message. */
function endpointsOfDistribution(value: unknown): unknown {
  return Array.isArray(value)
    ? value.flatMap((one: unknown) => (isPlainObject(one) ? endpointOfDistribution(one) : [one]))
    : value
}

function endpointOfDistribution(endpoint: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { disabled, ignoredmediatypes, ignore, ...same } = endpoint
  if (disabled === true) return []
  const { mediatypes, actions } = isPlainObject(ignore) ? ignore : {}
  const ignored = [mediatypes, ignoredmediatypes].flatMap((list) => (Array.isArray(list) ? list : []))
  const isWanted = (action: string): boolean => !(Array.isArray(actions) && actions.includes(action))
  return [
    {
      ...same,
      ...(ignored.length > 0 && { ignoreMediaTypes: ignored }),
      ...(Array.isArray(actions) && { actions: ['push', 'pull', 'mount', 'delete'].filter(isWanted) }),
    },
  ]
}

const otherStorage = refused('blobs are kept on the filesystem, below the data folder')
const otherAuth = refused('accounts come from an htpasswd file: access.htpasswd')

/**
 * Keys of distribution 2.8 and 3, each for itself or for all below it: the longest that fits counts. What no key fits is
 * none of distribution's.
 */
export const distributionKeys: Readonly<Record<string, Fate>> = {
  version: same('tells the format'),
  'log.level': mapped('log.level', level),
  loglevel: mapped('log.level', level),
  'log.formatter': mapped('log.format', (value) => formats[String(value)] ?? value),
  'log.accesslog.disabled': mapped('log.requests', (value) => (value === true ? 'failures' : 'all')),
  'log.fields': unused('lines have the fields that they have'),
  'log.hooks': refused('no mail is sent; watch the log'),
  'log.reportcaller': unused('lines do not name the place in the code'),
  'storage.filesystem.rootdirectory': unused('its layout is another one, which ibuild registry adopt takes over'),
  'storage.filesystem.maxthreads': unused('the number of threads is chosen'),
  'storage.delete.enabled': mapped('delete.enabled'),
  'storage.maintenance.readonly.enabled': mapped('readOnly'),
  'storage.maintenance.uploadpurging.age': mapped('uploads.idle'),
  'storage.maintenance.uploadpurging': unused('abandoned uploads are always purged'),
  'storage.cache': unused('what is asked for often is kept in memory'),
  'storage.redirect.disable': same('nothing is redirected'),
  'storage.tag.concurrencylimit': unused('tags are found without a walk'),
  'storage.inmemory': otherStorage,
  'storage.s3': otherStorage,
  'storage.azure': otherStorage,
  'storage.gcs': otherStorage,
  'storage.swift': otherStorage,
  'storage.oss': otherStorage,
  'auth.none': same('without a file of accounts there are none'),
  'auth.htpasswd.path': mapped('access.htpasswd'),
  'auth.htpasswd.realm': mapped('access.realm'),
  'auth.token': refused('tokens of another server are believed by token.issuers, and asked for at token.realm'),
  auth: otherAuth,
  middleware: refused('there are no middlewares'),
  'http.addr': mapped('listen'),
  'http.net': refused('only TCP is listened on'),
  'http.prefix': refused('the registry is at /v2/; let a proxy take a prefix away'),
  'http.host': unused('addresses of uploads are relative; token.realm and events.url name the registry'),
  'http.relativeurls': unused('all URLs in answers are relative'),
  'http.secret': unused('uploads need no secret'),
  'http.draintimeout': mapped('shutdown.drain'),
  'http.headers': mapped('headers'),
  'http.tls.certificate': mapped('tls.certificate'),
  'http.tls.key': mapped('tls.key'),
  'http.tls.clientcas': mapped('tls.clientCA'),
  'http.tls.minimumtls': mapped('tls.minimum', (value) => tlsVersions[String(value)] ?? value),
  'http.tls.clientauth': refused('with http.tls.clientcas clients must show a certificate, else none is asked for'),
  'http.tls.ciphersuites': refused('those of Node.js are used'),
  'http.tls.letsencrypt': refused('let an ACME client write files, and name them: changed files are read again'),
  'http.debug.addr': mapped('metrics.listen'),
  'http.debug.prometheus.enabled': mapped('metrics.enabled'),
  'http.debug.prometheus.path': unused('metrics are at /metrics'),
  'http.http2': same('HTTP/1.1 is spoken'),
  'http.h2c.enabled': unused('HTTP/1.1 is spoken'),
  'health.storagedriver': unused('/readyz looks at the storage whenever it is asked'),
  'health.file': refused('/readyz looks at the storage alone'),
  'health.http': refused('/readyz looks at the storage alone'),
  'health.tcp': refused('/readyz looks at the storage alone'),
  'notifications.events.includereferences': mapped('events.references'),
  'notifications.endpoints': mapped('events.endpoints', endpointsOfDistribution),
  redis: refused('no other service is used'),
  proxy: refused('this is no mirror of another registry'),
  validation: refused('manifests.sparse says what must be there when a manifest is pushed'),
  policy: refused('repositories of any class are taken'),
  catalog: unused('a page of the catalog has its own cap'),
  tags: unused('a page of tags has its own cap'),
  compatibility: unused('manifests of schema 1 are not taken'),
  reporting: refused('nothing is reported to other services'),
  'debug.addr': unused('it is http.debug.addr now'),
}
