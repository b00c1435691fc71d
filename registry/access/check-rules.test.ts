import test from 'ava'
import { problemsOfAccess } from './check-rules.ts'
import { type AccessRule, usualRules } from './rules.ts'

const rule = (...who: readonly string[]): AccessRule => ({ repositories: ['*'], who, actions: ['pull'] })
const rows: readonly [
  groups: Record<string, string[]>,
  rules: readonly AccessRule[],
  accounts: readonly string[] | undefined,
  problems: readonly string[],
][] = [
  [{}, usualRules, ['ann'], []],
  [{}, [rule('anonymous')], undefined, []],
  [{ dev: ['ann'] }, [rule('user:ann', 'group:dev'), rule('authenticated')], ['ann'], []],
  [{ __proto__: null } as unknown as Record<string, string[]>, [], [], []],
  [
    {},
    [rule('user:Ann')],
    ['ann'],
    ['access.rules: rule 1: there is no account Ann; ibuild registry user add makes it'],
  ],
  [{}, [rule('anonymous'), rule('group:dev')], ['dev'], ['access.rules: rule 2: there is no group dev']],
  [{}, [rule('group:toString')], [], ['access.rules: rule 1: there is no group toString']],
  [{ dev: ['eve'] }, [], ['ann'], ['access.groups: dev: there is no account eve; ibuild registry user add makes it']],
  [
    { dev: ['ann', 'bob'] },
    [rule('user:ann', 'authenticated'), rule('anonymous')],
    undefined,
    [
      'access.groups: dev: is for people who log in, and there are no accounts; ibuild registry user add makes them',
      'access.rules: rule 1: is for people who log in, and there are no accounts; ibuild registry user add makes them',
    ],
  ],
]
for (const [i, [groups, rules, accounts, problems]] of rows.entries()) {
  test(`rules and groups ${i + 1}: ${problems.length} problems`, (t) => {
    t.deepEqual([...problemsOfAccess({ groups, rules }, accounts && new Set(accounts))], [...problems])
  })
}
