import test from 'ava'
import { parse } from 'yaml'
import type { Source } from '../../../shared/config/read.ts'
import { isDistribution, settingsOfDistribution, settingsOfDistributionEnvironment } from './distribution.ts'
import { distributionKeys } from './distribution-keys.ts'
import { configOf } from './read.ts'
import { type ServerConfig, serverSchema } from './schema.ts'

const source = (yaml: string, hasRoot = true): Source =>
  settingsOfDistribution(parse(`version: 0.1\n${yaml}`), 'c.yml', { hasRoot })
const config = (yaml: string): ServerConfig => configOf([source(yaml)])

/** As the packages of distribution bring it. */
const usual = `
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`

test('the usual configuration of distribution is taken, and what is not used of it is named', (t) => {
  const { notices, problems } = source(usual)
  t.deepEqual(problems, [])
  t.deepEqual(
    notices.map((line) => line.split(':')[1]?.trim()),
    [
      'log.fields is not used',
      'storage.cache is not used',
      'storage.filesystem.rootdirectory is not used',
      'health.storagedriver is not used',
    ],
  )
  const { listen, delete: deletion, headers } = config(usual)
  t.is(listen, ':5000')
  t.true(deletion.enabled)
  t.deepEqual(headers, { 'X-Content-Type-Options': ['nosniff'] })
})

test('its folder is another layout: without a data folder of our own it is refused', (t) => {
  const [problem = '', ...others] = source(usual, false).problems
  t.deepEqual(others, [])
  t.regex(problem, /storage\.filesystem\.rootdirectory: .*laid out in another way.*--root/)
})

test('only a version makes it one of distribution', (t) => {
  t.true(isDistribution({ version: 0.1 }))
  t.false(isDistribution({ listen: ':5000' }))
  t.false(isDistribution(null))
  const other = settingsOfDistribution({ version: 0.2 }, 'c.yml', { hasRoot: true })
  t.regex(other.problems.join(), /version: .* 0\.1/)
})

const mapped: [yaml: string, pick: (config: ServerConfig) => unknown, value: unknown][] = [
  ['storage: {}', (c) => c.delete.enabled, false],
  ['log: { level: warning }', (c) => c.log.level, 'warn'],
  ['log: { level: debug, formatter: logstash }', (c) => c.log.format, 'json'],
  ['log: { accesslog: { disabled: true } }', (c) => c.log.requests, 'failures'],
  ['loglevel: error', (c) => c.log.level, 'error'],
  ['storage: { maintenance: { readonly: { enabled: true } } }', (c) => c.readOnly, true],
  [
    'storage: { maintenance: { uploadpurging: { enabled: true, age: 168h, interval: 24h } } }',
    (c) => c.uploads.idle,
    604_800_000,
  ],
  ['http: { addr: "localhost:5005", draintimeout: 30s }', (c) => c.shutdown.drain, 30_000],
  ['http: { tls: { certificate: /c, key: /k } }', (c) => c.tls.mode, 'files'],
  [
    'http: { tls: { certificate: /c, key: /k, minimumtls: tls1.3, clientcas: [/a, /b] } }',
    (c) => [c.tls.minimum, c.tls.clientCA],
    ['1.3', ['/a', '/b']],
  ],
  [
    'http: { debug: { addr: ":5001", prometheus: { enabled: true, path: /metrics } } }',
    (c) => c.metrics.listen,
    ':5001',
  ],
]
mapped.push([
  `notifications: { events: { includereferences: true }, endpoints: [
    { name: a, disabled: false, url: "http://x/y", headers: { Authorization: [Bearer z] }, timeout: 500ms, threshold: 5,
      backoff: 1s, ignoredmediatypes: [application/octet-stream], ignore: { mediatypes: [a/b], actions: [pull] } },
    { name: b, disabled: true, url: "http://z" }] }`,
  (c) => [c.events.references, c.events.endpoints],
  [
    true,
    [
      {
        name: 'a',
        url: 'http://x/y',
        secretFile: '',
        caFile: '',
        headers: { Authorization: ['Bearer z'] },
        actions: ['push', 'mount', 'delete'],
        ignoreMediaTypes: ['a/b', 'application/octet-stream'],
        timeout: 500,
        threshold: 5,
        backoff: 1000,
        maxAge: 259_200_000,
      },
    ],
  ],
])
for (const [yaml, pick, value] of mapped) test(`${yaml} is understood`, (t) => t.deepEqual(pick(config(yaml)), value))

const refused: readonly [yaml: string, problem: RegExp][] = [
  ['htp: {}', /c\.yml: htp: there is no such key; did you mean http/],
  ['http: { adr: ":5000" }', /http\.adr: there is no such key; did you mean http\.addr\?/],
  ['http: { tls: { letsencrypt: { email: a } } }', /http\.tls\.letsencrypt: let an ACME client/],
  ['storage: { s3: { bucket: b } }', /storage\.s3: blobs are kept on the filesystem/],
  ['storage: { flesystem: {} }', /storage\.flesystem: there is no such key/],
  ['auth: { htpasswd: { realm: r } }', /auth\.htpasswd\.realm: auth\.htpasswd\.path is missing/],
  ['auth: { token: { realm: r } }', /auth\.token: tokens of another server are believed by token\.issuers/],
  ['auth: { silly: { realm: r } }', /auth\.silly: accounts come from an htpasswd file/],
  ['proxy: { remoteurl: "https://x" }', /proxy: this is no mirror/],
  ['notifications: { endpoint: [] }', /notifications\.endpoint: there is no such key/],
  ['notifications: { endpoints: [{ name: a }] }', /notifications\.endpoints: \[0\]\.url: expected text/],
  ['notifications: { endpoints: [{ name: a, url: "http://x", disabledd: true }] }', /disabledd: there is no such key/],
  ['redis: { addr: x }', /redis: no other service/],
  ['http: { addr: 5000 }', /c\.yml: http\.addr: expected text, found 5000/],
  ['log: { level: loud }', /c\.yml: log\.level: expected one of/],
  ['log: x', /log: expected a map of keys/],
]
for (const [yaml, message] of refused) {
  test(`${yaml} is refused by its name`, (t) => {
    t.throws(() => config(yaml), { code: 'SERVER_CONFIG_INVALID', message })
  })
}

const fromEnvironment = (env: Record<string, string>, hasRoot = true): Source =>
  settingsOfDistributionEnvironment(env, { hasRoot })

test('variables of distribution are understood, and come before its file', (t) => {
  const env = {
    REGISTRY_HTTP_ADDR: '0.0.0.0:5009',
    REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    REGISTRY_HTTP_TLS_CERTIFICATE: '/c',
    REGISTRY_HTTP_TLS_KEY: '/k',
    REGISTRY_LOG_LEVEL: 'warning',
    REGISTRY_STORAGE: 'filesystem',
    REGISTRY_HTTP_SECRET: 'very secret',
  }
  const { notices, problems } = fromEnvironment(env)
  t.deepEqual(problems, [])
  t.deepEqual(notices, ['REGISTRY_HTTP_SECRET is not used: uploads need no secret'])
  const made = configOf([source('http: { addr: ":1" }'), fromEnvironment(env)])
  t.is(made.listen, '0.0.0.0:5009')
  t.true(made.delete.enabled)
  t.is(made.tls.mode, 'files')
  t.is(made.log.level, 'warn')
})

test('the variable that tells podman where its logins are is for clients', (t) => {
  t.deepEqual(fromEnvironment({ REGISTRY_AUTH_FILE: '/run/containers/0/auth.json' }), fromEnvironment({}))
  t.regex(fromEnvironment({ REGISTRY_AUTH: 'htpasswd' }).problems.join(), /name it by REGISTRY_AUTH_HTPASSWD_PATH/)
})

test('a variable that is none of distribution is named in a notice, its value in none', (t) => {
  const { notices, problems } = fromEnvironment({ REGISTRY_PASSWORD: 'hunter2', REGISTRY_STORAGE_S3_BUCKET: 'x' })
  t.deepEqual(notices, ['REGISTRY_PASSWORD is not used: it is no variable of distribution'])
  t.regex(problems.join(), /^REGISTRY_STORAGE_S3_BUCKET: blobs are kept/)
  t.regex(fromEnvironment({ REGISTRY_STORAGE: 's3' }).problems.join(), /^REGISTRY_STORAGE: /)
  t.regex(fromEnvironment({ REGISTRY_HTTP_HEADERS: 'x' }).problems.join(), /^REGISTRY_HTTP_HEADERS: /)
  t.regex(fromEnvironment({ REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/x' }, false).problems.join(), /another way/)
})

test('every key that is mapped leads to one of ours', (t) => {
  const targets = Object.values(distributionKeys).flatMap((fate) => (fate.kind === 'mapped' ? [fate.to] : []))
  t.true(targets.length > 10)
  t.deepEqual(
    targets.filter((path) => !serverSchema.byPath.has(path)),
    [],
  )
})
