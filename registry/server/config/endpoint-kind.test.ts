import test from 'ava'
import { parse, stringify } from 'yaml'
import { configOf, plainConfig, settingsOf } from './read.ts'
import type { ServerConfig } from './schema.ts'

const read = (yaml: string): ServerConfig => configOf([settingsOf(parse(`events: { ${yaml} }`), 'f.yml')])
const one = 'name: a, url: "http://x"'

const problems: readonly [yaml: string, problem: RegExp][] = [
  ['endpoints: {}', /f\.yml: events\.endpoints: expected a list/],
  ['endpoints: [x]', /events\.endpoints: \[0\]: expected a map of keys/],
  ['endpoints: [{ name: a }]', /\[0\]\.url: expected text/],
  ['endpoints: [{ name: "a/b", url: "http://x" }]', /\[0\]\.name: expected letters/],
  ['endpoints: [{ name: "a b", url: "http://x" }]', /\[0\]\.name: expected letters/],
  ['endpoints: [{ name: a, url: "ftp://x" }]', /\.url: expected an http or https URL/],
  ['endpoints: [{ name: a, url: "http://u:p@x" }]', /\.url: has a user or a password/],
  [`endpoints: [{ ${one} }, { ${one} }]`, /there are two of the name a/],
  [`endpoints: [{ ${one}, colour: red }]`, /\[0\]: colour: there is no such key/],
  [`endpoints: [{ ${one}, secret: x }]`, /secret: there is no such key/],
  [`endpoints: [{ ${one}, actions: [pushed] }]`, /\.actions: expected one of push, pull, mount, delete/],
  [`endpoints: [{ ${one}, actions: [] }]`, /\.actions: nothing would be told/],
  [`endpoints: [{ ${one}, timeout: 0 }]`, /\.timeout: must be more than 0/],
  [`endpoints: [{ ${one}, threshold: -1 }]`, /\.threshold: expected a whole number/],
  [`endpoints: [{ ${one}, maxAge: 1 }]`, /\.maxAge: expected a duration/],
  [
    `endpoints: [{ ${one}, headers: { Content-Type: a } }]`,
    /\.headers: Content-Type says what each request says itself/,
  ],
  [`endpoints: [{ ${one}, headers: { X-Ibuild-Signature: a } }]`, /says what each request says itself/],
  ['limit: 0', /events\.limit: one event is kept at least/],
  ['allow: [10.0.0.0]', /events\.allow: "10\.0\.0\.0" is no network/],
  ['url: "registry.example"', /events\.url: expected an http or https URL/],
]
for (const [yaml, message] of problems) {
  test(`${yaml} is refused`, (t) => {
    t.throws(() => read(yaml), { code: 'SERVER_CONFIG_INVALID', message })
  })
}

test('what is not said is as usual', (t) => {
  t.deepEqual(read(`endpoints: [{ ${one} }], url: "https://r.example/"`).events, {
    endpoints: [
      {
        name: 'a',
        url: 'http://x',
        secretFile: '',
        caFile: '',
        headers: {},
        actions: ['push', 'pull', 'mount', 'delete'],
        ignoreMediaTypes: [],
        timeout: 5000,
        threshold: 10,
        backoff: 1000,
        maxAge: 259_200_000,
      },
    ],
    url: 'https://r.example',
    references: false,
    retain: 86_400_000,
    limit: 100_000,
    deadLetters: 1000,
    allow: [],
  })
})

test('what is shown can be read again, and has no value of a header', (t) => {
  const config = read(`endpoints: [{ ${one}, headers: { Authorization: Bearer very-secret }, timeout: 1500ms }]`)
  const text = stringify(plainConfig(config))
  t.false(text.includes('very-secret'))
  const again = configOf([settingsOf(parse(text), 'f.yml')])
  const [endpoint] = config.events.endpoints
  t.deepEqual(again.events.endpoints, [
    { ...endpoint, headers: { Authorization: ['(not shown)'] } } as unknown as typeof endpoint & object,
  ])
})
