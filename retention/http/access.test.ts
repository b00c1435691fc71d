import test from 'ava'
import { BadValue } from '../../shared/config/kinds.ts'
import type { Person } from '../../shared/web/further.ts'
import { createGcAccess, type Scope } from './access.ts'
import { gcAccess } from './access-kind.ts'

const person = (name: string, ...groups: readonly string[]): Person => ({ name, groups: new Set(groups) })

const access = createGcAccess(
  gcAccess.read([
    { who: 'user:ann', scopes: ['policy:read', 'policy:write'] },
    { who: ['group:ops', 'user:bob'], scopes: ['policy:approve'] },
    { who: ['authenticated'], scopes: ['policy:read'], repositories: ['team/*', 'public'] },
    { who: ['user:carol'], scopes: ['policy:read'], repositories: ['carol/**'] },
    { who: ['anonymous'], scopes: ['in-use:report'] },
  ]),
)

const rows: readonly (readonly [who: Person | undefined, scope: Scope, where: string])[] = [
  [person('ann'), 'policy:read', 'everywhere'],
  [person('ann'), 'policy:approve', 'nowhere'],
  [person('Ann'), 'policy:write', 'nowhere'],
  [person('bob'), 'policy:approve', 'everywhere'],
  [person('dan', 'ops'), 'policy:approve', 'everywhere'],
  [person('ops'), 'policy:approve', 'nowhere'],
  [person('dan'), 'policy:read', 'team/a public'],
  [person('carol'), 'policy:read', 'team/a public carol/x/y'],
  [undefined, 'policy:read', 'nowhere'],
  [undefined, 'in-use:report', 'everywhere'],
  [person('dan'), 'in-use:report', 'everywhere'],
  [person('ann'), 'trash:purge', 'nowhere'],
]
for (const [who, scope, where] of rows)
  test(`${who?.name ?? 'nobody'} has ${scope}: ${where}`, (t) => {
    const allowed = access(who, scope)
    const names = ['team/a', 'team/a/b', 'public', 'carol/x/y', 'other']
    t.is(typeof allowed === 'function' ? names.filter(allowed).join(' ') : (allowed ?? 'nowhere'), where)
  })

const refused: readonly (readonly [value: unknown, message: RegExp])[] = [
  [{}, /expected a list of rules/],
  [['ann'], /rule 1: expected who and scopes/],
  [[{ who: 'user:ann' }], /rule 1: scopes is missing/],
  [[{ scopes: ['policy:read'] }], /rule 1: who is missing/],
  [[{ who: [], scopes: ['policy:read'] }], /rule 1: who: expected 1 to 1000 words/],
  [[{ who: 'ann', scopes: ['policy:read'] }], /"ann" is none of user:NAME/],
  [[{ who: 'user:', scopes: ['policy:read'] }], /"user:" is none of/],
  [[{ who: 'user:a:b', scopes: ['policy:read'] }], /is none of/],
  [[{ who: 'user:ann', scopes: ['policy:all'] }], /"policy:all" is none of policy:read/],
  [[{ who: 'user:ann', scopes: ['constructor'] }], /"constructor" is none of/],
  [
    [{ who: 'user:ann', scopes: ['policy:read'], repos: ['a'] }],
    /no key "repos": the keys are who, scopes, repositories/,
  ],
  [[{ who: 'user:ann', scopes: ['policy:read'], repositories: ['A'] }], /rule 1: the pattern "A"/],
  [[{ who: 'user:ann', scopes: ['policy:read'], repositories: [] }], /rule 1: repositories: expected 1/],
  [[{ who: 'user:ann', scopes: ['policy:write'], repositories: ['a'] }], /policy:write is for all repositories/],
]
for (const [value, message] of refused)
  test(`refused: ${JSON.stringify(value)}`, (t) => {
    t.throws(() => gcAccess.read(value), { instanceOf: BadValue, message })
  })

test('rules are shown as they are written', (t) => {
  const rule = { who: ['user:ann'], scopes: ['policy:read'], repositories: ['a/**'] }
  t.deepEqual(gcAccess.show(gcAccess.read([rule])), [rule])
  t.throws(() => gcAccess.fromText('x'), { instanceOf: BadValue })
})
