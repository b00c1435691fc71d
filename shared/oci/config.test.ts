import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../base/digest.ts'
import type { JsonObject, JsonValue } from '../base/json.ts'
import { parseConfig, serializeConfig } from './config.ts'

const diffID = digestOf('layer')
const minimal = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffID] } }
const full: JsonObject = {
  created: '2024-01-02T03:04:05.123456789Z',
  author: 'someone',
  architecture: 'arm64',
  variant: 'v8',
  os: 'linux',
  'os.version': '1',
  'os.features': ['x'],
  config: {
    Hostname: 'h',
    User: '1:2',
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
    Env: ['PATH=/bin', 'A=b=c'],
    Entrypoint: ['/e'],
    Cmd: ['a', 'b'],
    Volumes: { '/v': {} },
    WorkingDir: '/w',
    Labels: { b: '2', a: '1' },
    StopSignal: 'SIGTERM',
    StopTimeout: 5,
    ArgsEscaped: true,
    Healthcheck: {
      Test: ['CMD', 'true'],
      Interval: 1e9,
      Timeout: 2e9,
      StartPeriod: 3e9,
      StartInterval: 4e9,
      Retries: 3,
    },
    OnBuild: ['RUN x'],
    Shell: ['/bin/sh', '-c'],
    AttachStdin: false,
  },
  rootfs: { type: 'layers', diff_ids: [diffID] },
  history: [
    { created: '2024-01-02T03:04:05Z', created_by: 'ADD file', comment: 'c', author: 'a' },
    { created_by: 'CMD', empty_layer: true },
  ],
  'moby.buildkit.cache.v0': 'e30=',
  container_config: { Env: null },
}

test('a config with everything comes back the same', (t) => {
  const parsed = parseConfig(full)
  t.deepEqual(parsed as unknown, full)
  t.deepEqual(JSON.parse(serializeConfig(parsed).toString()) as unknown, full)
})

test('the bytes have one order', (t) => {
  const text = serializeConfig(parseConfig(full)).toString()
  const order = [
    '"created"',
    '"author"',
    '"architecture"',
    '"config"',
    '"User"',
    '"53/udp"',
    '"80/tcp"',
    '"Env"',
    '"Labels"',
  ]
  const places = [...order, '"a":"1"', '"b":"2"', '"Shell"', '"rootfs"', '"history"', '"container_config"', '"moby']
  const found = places.map((member) => text.indexOf(member))
  t.deepEqual(
    found,
    [...found].sort((a, b) => a - b),
  )
  t.false(found.includes(-1))
})

test('the image ID of a config does not change', (t) => {
  const digest: string = digestOf(serializeConfig(parseConfig(full)))
  t.is(digest, 'sha256:d38de3e53ef01b71d51a1373f9aae92536949e196c0dcbbb219f469f0a746d2d')
})

const shuffled = (value: JsonValue, order: readonly number[]): JsonValue => {
  if (Array.isArray(value)) return value.map((item: JsonValue) => shuffled(item, order))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item], i) => ({ key, item, rank: order[i % order.length] ?? 0 }))
  return Object.fromEntries(
    entries.sort((a, b) => a.rank - b.rank).map(({ key, item }) => [key, shuffled(item, order)]),
  )
}

test('however a config was put together, its bytes are the same', (t) => {
  const expected = serializeConfig(parseConfig(full)).toString()
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 5, maxLength: 20 }), (order) => {
      t.is(serializeConfig(parseConfig(shuffled(full, order))).toString(), expected)
    }),
    { numRuns: 100 },
  )
})

test('null is absent, as Go writes an empty value', (t) => {
  const parsed = parseConfig({
    ...minimal,
    author: null,
    history: null,
    config: { Env: null, Labels: null, Volumes: null, Healthcheck: null, Cmd: null },
    rootfs: { type: 'layers', diff_ids: null },
  })
  t.deepEqual(parsed, { ...minimal, config: {}, rootfs: { type: 'layers', diff_ids: [] } } as unknown as typeof parsed)
  t.deepEqual(parseConfig({ ...minimal, config: null }).config, undefined)
})

const bad: readonly [string, JsonValue, RegExp][] = [
  ['text', 'x', /^image config: expected an object/],
  ['no architecture', { os: 'linux', rootfs: minimal.rootfs }, /^image config.architecture: is missing/],
  ['no system', { architecture: 'amd64', rootfs: minimal.rootfs }, /^image config.os: is missing/],
  ['no rootfs', { architecture: 'amd64', os: 'linux' }, /^image config.rootfs: is missing/],
  ['rootfs of another type', { ...minimal, rootfs: { type: 'base', diff_ids: [] } }, /type "base" is not supported/],
  [
    'a diffID that is no digest',
    { ...minimal, rootfs: { type: 'layers', diff_ids: ['x'] } },
    /diff_ids\[0\]: not a digest/,
  ],
  ['Env as object', { ...minimal, config: { Env: {} } }, /^image config.config.Env: expected an array/],
  ['a Cmd of numbers', { ...minimal, config: { Cmd: [1] } }, /^image config.config.Cmd\[0\]: expected a string/],
  ['a label that is null', { ...minimal, config: { Labels: { a: null } } }, /config.Labels.a: expected a string/],
  ['a port that is text', { ...minimal, config: { ExposedPorts: { '80/tcp': 'x' } } }, /80\/tcp: expected an object/],
  [
    'an interval as text',
    { ...minimal, config: { Healthcheck: { Interval: '1s' } } },
    /Healthcheck.Interval: expected an/,
  ],
  ['ArgsEscaped as text', { ...minimal, config: { ArgsEscaped: 'yes' } }, /ArgsEscaped: expected true or false/],
  ['history that is no array', { ...minimal, history: {} }, /^image config.history: expected an array/],
  ['more history than layers', { ...minimal, history: [{}, {}] }, /history has 2 entries with a layer, rootfs 1/],
]
for (const [title, value, message] of bad) {
  test(`refused: ${title}`, (t) => {
    t.throws(() => parseConfig(value), { code: 'CONFIG_INVALID', message })
  })
}

test('any JSON is read or refused', (t) => {
  const member = fc.constantFrom(
    'architecture',
    'os',
    'rootfs',
    'config',
    'history',
    'type',
    'diff_ids',
    'Env',
    'Labels',
  )
  const json = fc.dictionary(member, fc.jsonValue({ maxDepth: 3 }))
  fc.assert(
    fc.property(json, (value) => {
      try {
        parseConfig({ ...minimal, ...(value as JsonObject) })
      } catch (error) {
        t.is((error as { code?: string }).code, 'CONFIG_INVALID')
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})
