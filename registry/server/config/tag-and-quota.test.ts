import test from 'ava'
import { parse } from 'yaml'
import { settingsOfEnvironment } from './environment.ts'
import { immutableByRules } from './immutable.ts'
import { quotaByRules } from './quotas.ts'
import { configOf, plainConfig, settingsOf } from './read.ts'
import type { ServerConfig } from './schema.ts'

const file = (yaml: string): ServerConfig => configOf([settingsOf(parse(yaml), 'f.yml')])

for (const [rules, immutable, mutable] of [
  [['v*'], ['a:v1', 'a/b:v'], ['a:1', 'a:latest']],
  [['**:v*'], ['a:v1', 'a/b:v1'], ['a:x']],
  [['team/*:*'], ['team/a:latest'], ['team:x', 'team/a/b:x', 'other:x']],
  [
    ['team/**:{1,2}.*', 'x:y'],
    ['team/a/b:1.0', 'team/a:2.0', 'x:y'],
    ['team/a:3.0', 'x:z', 'z:y'],
  ],
  [['v*', '!v*-rc*'], ['a:v1'], ['a:v1-rc1']],
  [['v*', '!test/**:*', 'test/app:v1'], ['a:v1', 'test/app:v1'], ['test/app:v2']],
  [[], [], ['a:b']],
] as const) {
  test(`immutable: ${rules.join(' ')}`, (t) => {
    const immutableBy = immutableByRules(rules)
    const ruleOf = (text: string): string | undefined => {
      const [name = '', tag = ''] = text.split(':')
      return immutableBy(name)?.(tag)
    }
    for (const text of immutable)
      t.true(
        rules.some((rule) => rule === ruleOf(text)),
        text,
      )
    for (const text of mutable) t.is(ruleOf(text), undefined, text)
  })
}

test('a repository whose tags no rule is about, or only exceptions are, has no rules', (t) => {
  const immutableBy = immutableByRules(['team/*:v*', '!**:x', '!team/free:*'])
  t.truthy(immutableBy('team/app'))
  t.truthy(immutableBy('team/free'), 'a rule before the exception may fit')
  t.is(immutableBy('other'), undefined)
  t.is(immutableByRules([])('team/app'), undefined)
})

test('quotas: the first that fits counts, and 0 is none', (t) => {
  const { quota } = file(`quota:
    - { repositories: team/big, bytes: 1TiB }
    - { repositories: team/free, bytes: 0 }
    - { repositories: "team/*", bytes: 10GiB }
    - { repositories: "**", bytes: 500 }`)
  const quotaFor = quotaByRules(quota)
  t.deepEqual(quotaFor('team/big'), { bytes: 2 ** 40, rule: 'team/big' })
  t.is(quotaFor('team/free'), undefined)
  t.deepEqual(quotaFor('team/app'), { bytes: 10 * 2 ** 30, rule: 'team/*' })
  t.deepEqual(quotaFor('team/app/x'), { bytes: 500, rule: '**' })
  t.is(quotaByRules([])('a'), undefined)
})

test('they are written as one would write them, and can be variables', (t) => {
  const config = configOf([
    settingsOfEnvironment({
      IBUILD_REGISTRY_QUOTA: 'team/{a,b}=10GiB **=1m',
      IBUILD_REGISTRY_TAGS_IMMUTABLE: 'v*,!v*-rc*',
      IBUILD_REGISTRY_HISTORY_AGE: '90d',
    }),
  ])
  const written = plainConfig(config)
  t.like(written, {
    quota: [
      { repositories: 'team/{a,b}', bytes: '10GiB' },
      { repositories: '**', bytes: '1MiB' },
    ],
    tags: { immutable: ['v*', '!v*-rc*'] },
    history: { keep: 10, age: '90d' },
  })
  t.deepEqual(configOf([settingsOf(written, 'again')]), config)
})

for (const [yaml, problem] of [
  ['quota: 10GiB', /f\.yml: quota: expected a list of \{repositories, bytes\}/],
  ['quota: [10GiB]', /quota: \[0\]: expected \{repositories, bytes\}/],
  ['quota: [{ repositories: a, bytes: x }]', /quota: \[0\]\.bytes: expected a size/],
  ['quota: [{ repositories: a }]', /quota: \[0\]\.bytes: expected a size/],
  ['quota: [{ bytes: 1 }]', /quota: \[0\]\.repositories: expected text/],
  ['quota: [{ repositories: A, bytes: 1 }]', /quota: \[0\]\.repositories: "A" has capital letters/],
  ['quota: [{ repositories: a, bytes: 1, byte: 2 }]', /quota: \[0\]: there is no such key: byte/],
  ['tags: { immutable: [1] }', /tags\.immutable: expected text/],
  ['tags: { immutable: "" }', undefined],
  ['tags: { immutable: [""] }', /tags\.immutable: "": a pattern cannot be empty/],
  ['tags: { immutable: ["a:"] }', /a pattern cannot be empty/],
  ['tags: { immutable: ["team/v*"] }', /a tag has no \/: write REPOSITORIES:TAGS/],
  ['tags: { immutable: ["A:v*"] }', /the pattern for repositories has capital letters/],
  ['tags: { immutable: [":v*"] }', /the pattern for repositories is empty/],
  ['tags: { immutable: ["a:v *"] }', /no name has such a character/],
  ['history: { keep: 100 }', /history\.keep: of a tag 100 moves are remembered/],
  ['history: { age: 30 }', /history\.age: expected an age such as 12h or 30d/],
  ['history: { age: 40000d }', /more than 100 years/],
] as const) {
  test(yaml, (t) => {
    if (problem === undefined) t.notThrows(() => file(yaml))
    else t.throws(() => file(yaml), { code: 'SERVER_CONFIG_INVALID', message: problem })
  })
}
