import test from 'ava'
import { parse, stringify } from 'yaml'
import { usualRules } from '../../access/rules.ts'
import { changesBetween } from './changes.ts'
import { settingsOfDistribution, settingsOfDistributionEnvironment } from './distribution.ts'
import { settingsOfEnvironment } from './environment.ts'
import { refuseExposure } from './exposure.ts'
import { isOpen, mayAnonymousWrite } from './openness.ts'
import { configOf, plainConfig, settingsOf } from './read.ts'
import type { ServerConfig } from './schema.ts'

const configFrom = (yaml: string): ServerConfig => configOf([settingsOf(parse(yaml), 'f.yml')])

const full = `
access:
  htpasswd: /etc/accounts
  realm: our registry
  groups: { dev: [ann, "b b"], ops: ann }
  rules:
    - { repositories: "public/**", who: anonymous, actions: pull }
    - { repositories: [team/*, "x{a,b}"], who: [group:dev, user:ann, "user:\u00e4:b"], actions: [pull, push, push] }
`.replace(', "user:\u00e4:b"', ', "user:\u00e4"')

test('accounts, groups and rules are read, and shown so that they can be read again', (t) => {
  const config = configFrom(full)
  t.deepEqual(config.access, {
    htpasswd: '/etc/accounts',
    realm: 'our registry',
    groups: { dev: ['ann', 'b b'], ops: ['ann'] },
    rules: [
      { repositories: ['public/**'], who: ['anonymous'], actions: ['pull'] },
      { repositories: ['team/*', 'x{a,b}'], who: ['group:dev', 'user:ann', 'user:\u00e4'], actions: ['pull', 'push'] },
    ],
  })
  t.deepEqual(configFrom(stringify(plainConfig(config))), config)
  t.deepEqual(configFrom('').access.rules, usualRules)
  t.deepEqual(configFrom(stringify(plainConfig(configFrom('')))).access.rules, usualRules)
})

const rule = 'repositories: [a], who: [anonymous], actions: [pull]'
const problems: readonly [yaml: string, problem: RegExp][] = [
  ['rules: everything', /f\.yml: access\.rules: expected a list of rules/],
  ['rules: [x]', /rule 1: expected repositories, who and actions/],
  [`rules: [{ ${rule} }, { who: [anonymous], actions: [pull] }]`, /rule 2: repositories is missing/],
  [`rules: [{ ${rule}, action: push }]`, /rule 1: there is no key "action"; did you mean actions\?/],
  ['rules: [{ repositories: [], who: [anonymous], actions: [pull] }]', /repositories: expected 1 to 1000 words/],
  ['rules: [{ repositories: [A/*], who: [anonymous], actions: [pull] }]', /the pattern "A\/\*" has capital letters/],
  ['rules: [{ repositories: ["../*"], who: [anonymous], actions: [pull] }]', /has two dots together/],
  ['rules: [{ repositories: [a], who: [ann], actions: [pull] }]', /"ann" is none of user:NAME, group:NAME/],
  ['rules: [{ repositories: [a], who: ["user:"], actions: [pull] }]', /the name in "user:" is empty/],
  ['rules: [{ repositories: [a], who: ["user:a:b"], actions: [pull] }]', /has a colon/],
  ['rules: [{ repositories: [a], who: ["user:a\\u0308"], actions: [pull] }]', /NFC/],
  ['rules: [{ repositories: [a], who: [anonymous], actions: [read] }]', /"read" is none of pull, push, delete/],
  ['rules: [{ repositories: [a], who: [anonymous], actions: ["*"] }]', /"\*" is none of/],
  ['groups: [dev]', /access\.groups: expected a map/],
  ['groups: { "a:b": [ann] }', /the group "a:b" has a colon/],
  ['groups: { dev: [] }', /dev: expected 1 to 1000 words/],
  ['groups: { dev: ["a\\nb"] }', /cannot be seen/],
  ["realm: 'a\"b'", /access\.realm: expected up to 100 printable/],
  ['realm: ""', /access\.realm: expected/],
  ['accounts: x', /access\.accounts: there is no such key/],
]
for (const [yaml, message] of problems) {
  test(`access: ${yaml} is refused`, (t) => {
    t.throws(() => configFrom(`access: { ${yaml} }`), { code: 'SERVER_CONFIG_INVALID', message })
  })
}

test('rules can be set in the file alone, the file of accounts anywhere', (t) => {
  const file = settingsOfEnvironment({ IBUILD_REGISTRY_ACCESS_HTPASSWD: '/x' })
  t.is(configOf([file]).access.htpasswd, '/x')
  const rules = settingsOfEnvironment({ IBUILD_REGISTRY_ACCESS_RULES: '[]' })
  t.throws(() => configOf([rules]), { message: /write it in the file/ })
})

test('rules and groups are in force after a reload, the file of accounts is not', (t) => {
  const { live, atRestart } = changesBetween(configFrom(''), configFrom(full))
  t.deepEqual([live, atRestart], [['access.groups', 'access.rules', 'access.realm'], ['access.htpasswd']])
})

const accounts = 'htpasswd: /x'
const openness: readonly [yaml: string, open: boolean, anonymousWrites: boolean][] = [
  ['', true, true],
  [accounts, false, false],
  [`${accounts}, rules: [{ ${rule} }]`, false, false],
  [`rules: [{ ${rule} }]`, false, false],
  ['rules: []', false, false],
  [`${accounts}, rules: [{ repositories: [a], who: [anonymous], actions: [push] }]`, false, true],
  [`${accounts}, rules: [{ repositories: [a], who: [anonymous, "user:a"], actions: [delete] }]`, false, true],
  [`${accounts}, rules: [{ repositories: [a], who: [authenticated], actions: [delete] }]`, false, false],
]
for (const [yaml, open, writes] of openness) {
  test(`access: { ${yaml} } is ${open ? '' : 'not '}open, anonymous ${writes ? 'changes' : 'reads'}`, (t) => {
    const config = configFrom(`access: { ${yaml} }`)
    t.is(isOpen(config), open)
    t.is(mayAnonymousWrite(config), writes)
    const exposed = configOf([settingsOf({ ...parse(`access: { ${yaml} }`), tls: { mode: 'auto' } }, 'f')])
    const work = (): void => refuseExposure(exposed, { clients: '10.0.0.1' })
    if (!writes) t.notThrows(work)
    else t.throws(work, { code: 'EXPOSURE_REFUSED', message: open ? /no accounts/ : /access\.rules let everyone/ })
  })
}

test('passwords do not go over plain HTTP to other machines unless somebody says so', (t) => {
  const config = configFrom(`access: { ${accounts} }`)
  t.throws(() => refuseExposure(config, { clients: '10.0.0.1' }), { message: /plain HTTP.*passwords too\.$/ })
  t.notThrows(() => refuseExposure(config, { clients: '127.0.0.1' }))
  const said = configFrom(`access: { ${accounts} }\ninsecure: { plainHttp: true }`)
  t.notThrows(() => refuseExposure(said, { clients: '10.0.0.1' }))
})

test("distribution's accounts are ours", (t) => {
  const object = parse('version: 0.1\nauth: { htpasswd: { realm: basic-realm, path: /auth/htpasswd } }')
  const config = configOf([settingsOfDistribution(object, 'c.yml', { hasRoot: true })])
  t.like(config.access, { htpasswd: '/auth/htpasswd', realm: 'basic-realm', rules: usualRules })
  const env = {
    REGISTRY_AUTH: 'htpasswd',
    REGISTRY_AUTH_HTPASSWD_REALM: 'Registry Realm',
    REGISTRY_AUTH_HTPASSWD_PATH: '/auth/htpasswd',
  }
  const source = settingsOfDistributionEnvironment(env, { hasRoot: true })
  t.deepEqual(source.notices, [])
  t.like(configOf([source]).access, { htpasswd: '/auth/htpasswd', realm: 'Registry Realm' })
  const silly = settingsOfDistributionEnvironment({ REGISTRY_AUTH: 'silly' }, { hasRoot: true })
  t.regex(silly.problems.join(), /REGISTRY_AUTH: .*htpasswd/)
})
