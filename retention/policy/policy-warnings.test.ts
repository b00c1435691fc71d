import test from 'ava'
import { fullPolicy } from './testing/full-policy.ts'
import { read } from './testing/read.ts'

type Row = readonly [what: string, text: string, path: string, message: RegExp]

const repos = (pattern: string, syntax = 'regex'): string =>
  `version: 1\npolicies: [{ id: a, repos: { include: ['${pattern}'], syntax: ${syntax} }, tags: { delete: [x] } }]`
const keep = (pattern: string, syntax = 'regex'): string =>
  `version: 1\npolicies: [{ id: a, tags: { keep: ['${pattern}'], delete: [x], syntax: ${syntax} } }]`
const images = (pattern: string): string =>
  `version: 1\npolicies: [{ id: a, tags: { delete: [x] }, images: { keep: ['${pattern}'] } }]`
const [include, kept, keptImages] = [
  'policies[0].repos.include[0]',
  'policies[0].tags.keep[0]',
  'policies[0].images.keep[0]',
]

const rows: readonly Row[] = [
  ['a / at the end', repos('prod/'), include, /no \/ at their ends/],
  ['a / at the beginning', repos('^/prod.*$'), include, /no \/ at their ends/],
  ['capital letters in repositories', repos('Team/.*'), include, /has "T"/],
  ['capital letters in globs', repos('Team/**', 'glob'), include, /capital letters/],
  ['a space', repos('team .*'), include, /has " "/],
  ['a tag with its repository', keep('api:v.*'), kept, /has ":", which is in no tag/],
  ['a / in tags', keep('a/b', 'glob'), kept, /has "\/", which is in no tag/],
  ['a digest as image', images('.*@sha256:.*'), keptImages, /has "@"/],
  ['everything', keep('.*'), kept, /fits every tag/],
  ['everything at length', keep('^[\\w.-]{1,128}$'), kept, /fits every tag/],
  ['everything as glob', keep('*', 'glob'), kept, /fits every tag/],
  ['every image', images('.*:.*'), keptImages, /fits every tag/],
  [
    'a set that deletes nothing',
    'version: 1\npolicies: [{ id: a, tags: { keep: [x] } }]',
    'policies[0]',
    /can delete nothing/,
  ],
  ['a default without a set', 'version: 1\ndefault: delete', 'default', /nothing comes of it/],
  ['volumes of a registry', 'version: 1\nvolumes: { olderThan: 1d }', 'volumes', /a Docker daemon/],
]
for (const [what, text, path, message] of rows)
  test(`warned of: ${what}`, (t) => {
    const { warnings } = read(text)
    t.regex(warnings.find((one) => one.path === path)?.message ?? JSON.stringify(warnings), message)
    t.truthy(warnings[0]?.line)
  })

const fine = [
  ...[
    'v.*',
    '^v.*',
    '^v$',
    'pr-\\d+-.*',
    '(?i)RC.*',
    '[A-Z]+',
    '^pr-\\d+$',
    '^(v|w)$',
    'v\\d{1,3}',
    '\\p{Lu}x',
    'v1\\.0',
  ].map((one) => keep(one)),
  ...['team-a/.*', '^team-a(/.*)?$', '(?:a|b)/[a-z0-9-]+', 'host:5000/x', '<none>', '[^A-Z]*'].map((one) => repos(one)),
  ...['team/**', 'team-{a,b}/*'].map((one) => repos(one, 'glob')),
  images('.*(?:^ubuntu:).*'),
]
for (const text of fine) test(`nothing odd: ${text.slice(24)}`, (t) => t.deepEqual([...read(text).warnings], []))

test('a full policy is warned of what its source has not, and of nothing else', (t) => {
  t.deepEqual(
    read(fullPolicy).warnings.map(({ path, line }) => [path, line]),
    [
      ['volumes', 41],
      ['cache', 42],
    ],
  )
})
