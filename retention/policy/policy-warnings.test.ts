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

const group = (pattern: string, by = 'pushed'): string =>
  `version: 1\npolicies: [{ id: a, group: '${pattern}', keep: [{ mostRecent: { n: 1, by: '${by}' } }], tags: { delete: [x] } }]`
const lone: readonly Row[] = [
  ['a number in a group', group('(?<branch>.+)-(?<build>\\d+)'), 'policies[0].keep[0].mostRecent', /by: number:build$/],
  [
    'the same by Python',
    group('^(?P<b>[a-z()]+)\\.(?P<n>[0-9]+)$', 'semver'),
    'policies[0].keep[0].mostRecent',
    /number:n$/,
  ],
  ['all of a tag as group', group('(?<all>.*)'), 'policies[0].keep[0].mostRecent', /leave a part of it without a name/],
  [
    'a group that nothing counts by',
    `version: 1\npolicies: [{ id: a, group: '(?<a>.)', tags: { delete: [x] } }]`,
    'policies[0].group',
    /is used by no rule/,
  ],
]
for (const [what, text, path, message] of lone)
  test(`warned of: ${what}`, (t) =>
    t.regex(read(text).warnings.find((one) => one.path === path)?.message ?? '', message))

const fine = [
  group('(?<branch>.+)-(?<build>\\d+)', 'number:build'),
  group('(?<branch>.+)-\\d+'),
  group('v(?<major>\\d+)\\.(?<minor>\\d+)\\..*', 'semver'),
  group('(?<branch>.+)-(?:\\d|x)'),
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
      ['policies[0].keep[0].mostRecent', 14],
      ['volumes', 41],
      ['cache', 42],
    ],
  )
})
