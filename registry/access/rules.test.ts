import test from 'ava'
import { parseName } from '../protocol/names.ts'
import { type AccessRule, createRules, usualRules } from './rules.ts'
import type { Subject } from './types.ts'

const anonymous: Subject = { kind: 'anonymous' }
const account = (name: string, ...groups: readonly string[]): Subject => ({
  kind: 'account',
  name,
  groups: new Set(groups),
})
const [ann, bob, eve] = [account('ann', 'dev'), account('bob', 'ops', 'dev2'), account('eve')]

const rules: readonly AccessRule[] = [
  { repositories: ['public/**'], who: ['anonymous'], actions: ['pull'] },
  { repositories: ['team/*'], who: ['group:dev'], actions: ['pull', 'push'] },
  { repositories: ['team/*', 'attic'], who: ['user:bob'], actions: ['delete'] },
  { repositories: ['shared'], who: ['authenticated'], actions: ['pull'] },
  { repositories: ['shared'], who: ['user:eve', 'group:ops'], actions: ['push'] },
]
const rows: readonly [subject: Subject, name: string, actions: string][] = [
  [anonymous, 'public/app', 'pull'],
  [ann, 'public/app', 'pull'],
  [eve, 'public/a/b', 'pull'],
  [anonymous, 'public', ''],
  [anonymous, 'team/app', ''],
  [anonymous, 'shared', ''],
  [ann, 'team/app', 'pull push'],
  [ann, 'team/app/sub', ''],
  [ann, 'teams/app', ''],
  [ann, 'attic', ''],
  [bob, 'team/app', 'delete'],
  [bob, 'attic', 'delete'],
  [bob, 'shared', 'pull push'],
  [eve, 'shared', 'pull push'],
  [ann, 'shared', 'pull'],
  [eve, 'team/app', ''],
  [account('Ann'), 'team/app', ''],
  [account('Bob'), 'attic', ''],
  [account('dev'), 'team/app', ''],
  [account('group:dev'), 'team/app', ''],
  [account('anonymous'), 'other', ''],
  [account('x', 'Dev'), 'team/app', ''],
  [account('x', 'user:bob'), 'attic', ''],
]
for (const [subject, name, actions] of rows) {
  const who = subject.kind === 'anonymous' ? 'anonymous' : `${subject.name} of ${[...subject.groups].join(' and ')}`
  test(`${who} may ${actions || 'nothing'} in ${name}`, (t) => {
    const found = createRules(rules).actionsFor(subject, parseName(name))
    t.deepEqual([...found].sort(), actions.split(' ').filter(Boolean).sort())
  })
}

test('without rules nobody may do anything; with the usual ones whoever logged in may do all', (t) => {
  const name = parseName('a/b')
  for (const subject of [anonymous, ann]) t.is(createRules([]).actionsFor(subject, name).size, 0)
  const usual = createRules(usualRules)
  t.is(usual.actionsFor(anonymous, name).size, 0)
  t.is(usual.actionsFor(ann, name).size, 3)
  t.false(usual.areForAnonymous)
  t.true(createRules(rules).areForAnonymous)
})
