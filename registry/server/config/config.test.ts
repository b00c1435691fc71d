import test from 'ava'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { variableFor } from '../../../shared/config/environment.ts'
import { changesBetween, withLive } from './changes.ts'
import { settingsOfEnvironment } from './environment.ts'
import { configOf, plainConfig, settingsOf } from './read.ts'
import { keys, type ServerConfig } from './schema.ts'

const file = (value: unknown): ServerConfig => configOf([settingsOf(value, 'f.yml')])
const defaults = configOf([])

test('without anything all is as the schema says, on loopback', (t) => {
  t.is(defaults.listen, '127.0.0.1:5000')
  t.is(defaults.tls.mode, 'off')
  t.false(defaults.insecure.plainHttp)
  t.is(defaults.shutdown.drain, 60_000)
  t.deepEqual(file({}), defaults)
  t.deepEqual(file(null), defaults)
})

const values: readonly [yaml: string, path: (config: ServerConfig) => unknown, value: unknown][] = [
  ['listen: "[::1]:5001"', (c) => c.listen, '[::1]:5001'],
  ['limits: { headerSize: 32KiB }', (c) => c.limits.headerSize, 32 * 1024],
  ['limits: { headerSize: 512 }', (c) => c.limits.headerSize, 512],
  ['limits: { sendBuffers: 2g }', (c) => c.limits.sendBuffers, 2 * 2 ** 30],
  ['limits: { keepAlive: 1m30s }', (c) => c.limits.keepAlive, 90_000],
  ['limits: { keepAlive: 250ms }', (c) => c.limits.keepAlive, 250],
  ['shutdown: { drain: 0 }', (c) => c.shutdown.drain, 0],
  ['shutdown: { drain: 24h }', (c) => c.shutdown.drain, 86_400_000],
  ['tls: { mode: off }', (c) => c.tls.mode, 'off'],
  ['tls: { mode: auto, names: [a.example, 10.0.0.1], minimum: 1.3 }', (c) => c.tls.minimum, '1.3'],
  ['tls: { mode: auto, names: a.example }', (c) => c.tls.names, ['a.example']],
  [
    'headers: { X-Frame-Options: DENY, X-A: [b, c] }',
    (c) => c.headers,
    { 'X-Frame-Options': ['DENY'], 'X-A': ['b', 'c'] },
  ],
  ['readOnly: true', (c) => c.readOnly, true],
]
for (const [yaml, pick, value] of values) test(yaml, (t) => t.deepEqual(pick(file(parse(yaml))), value))

const problems: readonly [yaml: string, problem: RegExp][] = [
  ['lisen: x', /f\.yml: lisen: there is no such key; did you mean listen\?/],
  ['limits: { headrSize: 1 }', /limits\.headrSize: there is no such key; did you mean limits\.headerSize\?/],
  ['keepAlive: 75s', /keepAlive: there is no such key; did you mean limits\.keepAlive\?/],
  ['limit: { connections: 1 }', /limit: there is no such key; did you mean limits\?/],
  ['nonsense: { a: { b: 1 } }', /nonsense: there is no such key$/],
  ['tls: auto', /f\.yml: tls: expected a map of keys/],
  ['[]', /f\.yml: the file: expected a map of keys/],
  ['listen: 5000', /f\.yml: listen: expected text, found 5000/],
  ['listen:', /f\.yml: listen: expected text, found nothing/],
  ['listen: [a]', /listen: expected text, found a list/],
  ['readOnly: "true"', /readOnly: expected true or false, found "true"/],
  ['limits: { headerSize: 4 apples }', /limits\.headerSize: expected a size such as 4MiB, found "4 apples"/],
  ['limits: { headerSize: -1 }', /expected a size/],
  ['limits: { headerSize: 1.5 }', /expected a size/],
  ['limits: { keepAlive: 75 }', /limits\.keepAlive: expected a duration such as 60s or 24h, found 75/],
  ['limits: { keepAlive: 25d }', /more than 24 days/],
  ['limits: { connections: -1 }', /expected a whole number/],
  ['tls: { mode: autp }', /tls\.mode: expected one of off, auto, files, found "autp" \(did you mean auto\?\)/],
  ['headers: { "X y": z }', /headers: "X y" is no name of a header/],
  ['headers: { X-Y: "a\\nb" }', /cannot be sent in a header/],
  ['headers: { transfer-Encoding: chunked }', /headers: transfer-Encoding says how an answer is sent/],
  ['tls: { certificate: /a }', /tls\.certificate: is used with tls\.mode files only/],
  ['tls: { mode: files, certificate: /a }', /tls\.key: is missing/],
  ['tls: { names: [a] }', /tls\.names: is used with tls\.mode auto only/],
  ['tls: { mode: auto, names: ["a b"] }', /tls\.names: "a b" is no name of a host/],
  ['tls: { clientCA: [/a] }', /tls\.clientCA: needs TLS/],
  ['limits: { pageSize: 0 }', /limits\.pageSize: a page has one item at least/],
  ['metrics: { enabled: false, listen: ":1" }', /metrics\.listen: is used with metrics\.enabled only/],
]
for (const [yaml, message] of problems) {
  test(`${yaml} is refused`, (t) => {
    t.throws(() => file(parse(yaml)), { code: 'SERVER_CONFIG_INVALID', message })
  })
}

test('all problems are told at once', (t) => {
  const message = t.throws(() => file({ lisen: 1, tls: { mode: 'x' }, a: 2 }))?.message ?? ''
  t.is(message.split('\n').length, 3)
})

test('what is shown as the configuration in force gives it again', (t) => {
  const size = fc.oneof(fc.nat(2 ** 40), fc.constantFrom(1024, 2 ** 20, 3 * 2 ** 30))
  const time = fc.nat(2 ** 31 - 1)
  fc.assert(
    fc.property(
      size,
      time,
      fc.boolean(),
      fc.array(fc.stringMatching(/^[a-z]{1,9}$/)),
      (sendBuffers, keepAlive, readOnly, list) => {
        const config = file({
          limits: { sendBuffers, keepAlive: `${keepAlive}ms` },
          readOnly,
          headers: { 'X-A': list },
        })
        t.deepEqual(file(parse(stringify(plainConfig(config)))), config)
      },
    ),
    { numRuns: 300 },
  )
})

test('each key has a variable, and no two have the same', (t) => {
  const variableOf = (path: string): string => variableFor(path, 'IBUILD_REGISTRY_')
  const names = keys.map(({ path }) => variableOf(path))
  t.is(new Set(names).size, keys.length)
  t.is(variableOf('limits.connectionsPerAddress'), 'IBUILD_REGISTRY_LIMITS_CONNECTIONS_PER_ADDRESS')
  t.is(variableOf('tls.clientCA'), 'IBUILD_REGISTRY_TLS_CLIENT_CA')
  t.is(variableOf('root'), 'IBUILD_ROOT')
  t.is(variableOf('listen'), 'IBUILD_REGISTRY_LISTEN')
})

test('variables come before the file, and are read as the key wants it', (t) => {
  const env = {
    IBUILD_REGISTRY_LISTEN: ':6000',
    IBUILD_REGISTRY_READ_ONLY: 'true',
    IBUILD_REGISTRY_LIMITS_CONNECTIONS: '7',
    IBUILD_REGISTRY_LIMITS_KEEP_ALIVE: '3s',
    IBUILD_REGISTRY_TLS_MODE: 'auto',
    IBUILD_REGISTRY_TLS_NAMES: 'a.example, b.example',
    IBUILD_REGISTRY_LOG_LEVEL: '',
  }
  const config = configOf([settingsOf({ listen: ':1', log: { level: 'warn' } }, 'f.yml'), settingsOfEnvironment(env)])
  t.is(config.listen, ':6000')
  t.true(config.readOnly)
  t.is(config.limits.connections, 7)
  t.is(config.limits.keepAlive, 3000)
  t.deepEqual(config.tls.names, ['a.example', 'b.example'])
  t.is(config.log.level, 'warn', 'an empty variable counts as not set')
})

const variables: readonly [name: string, text: string, problem: RegExp][] = [
  [
    'IBUILD_REGISTRY_LISTN',
    'x',
    /IBUILD_REGISTRY_LISTN: there is no such variable; did you mean IBUILD_REGISTRY_LISTEN\?/,
  ],
  ['IBUILD_REGISTRY_ROOT', '/srv', /IBUILD_REGISTRY_ROOT: there is no such variable; did you mean IBUILD_ROOT\?/],
  ['IBUILD_REGISTRY_READ_ONLY', 'yes', /IBUILD_REGISTRY_READ_ONLY: expected true or false, found "yes"/],
  ['IBUILD_REGISTRY_HEADERS', 'a', /IBUILD_REGISTRY_HEADERS: cannot be set by an environment variable/],
  ['IBUILD_REGISTRY_LIMITS_CONNECTIONS', 'many', /expected a whole number, found "many"/],
]
for (const [name, text, message] of variables) {
  test(`${name}=${text} is refused`, (t) => {
    t.throws(() => configOf([settingsOfEnvironment({ [name]: text })]), { code: 'SERVER_CONFIG_INVALID', message })
  })
}

test('a reload changes what is live and tells of the rest', (t) => {
  const before = file({ listen: ':1', log: { level: 'info' } })
  const after = file({ listen: ':2', log: { level: 'debug' }, limits: { connections: 3 } })
  t.deepEqual(changesBetween(before, after), { live: ['limits.connections', 'log.level'], atRestart: ['listen'] })
  const inForce = withLive(before, after)
  t.is(inForce.listen, ':1')
  t.is(inForce.log.level, 'debug')
  t.deepEqual(changesBetween(inForce, after), { live: [], atRestart: ['listen'] })
})

test('certificates that come or go with another tls.mode wait for it', (t) => {
  const files = file({ tls: { mode: 'files', certificate: '/c', key: '/k' } })
  const auto = file({ tls: { mode: 'auto' }, log: { level: 'debug' } })
  const atRestart = ['tls.mode', 'tls.certificate', 'tls.key']
  t.deepEqual(changesBetween(files, auto), { live: ['log.level'], atRestart })
  t.deepEqual(withLive(files, auto), { ...files, log: auto.log })
  t.deepEqual(changesBetween(auto, files), { live: ['log.level'], atRestart })
  const renewed = file({ tls: { mode: 'files', certificate: '/c2', key: '/k' } })
  t.deepEqual(changesBetween(files, renewed), { live: ['tls.certificate'], atRestart: [] })
})
