import test from 'ava'
import { policyChanges } from './policy-changes.ts'
import { fullPolicy } from './testing/full-policy.ts'
import { policyIn } from './testing/read.ts'

type Row = readonly [what: string, from: string, to: string, changes: readonly (readonly [string, unknown, unknown])[]]

const sets = (...each: string[]): string => `version: 1\npolicies: [${each.join(', ')}]`
const a = '{ id: a, tags: { keep: [x, y], delete: [z] }, keep: [{ pulledWithin: 1d }, { pushedWithin: 2d }] }'

const rows: readonly Row[] = [
  ['nothing', fullPolicy, fullPolicy, []],
  ['defaults that are written down', 'version: 1', 'version: 1\nmode: dryRun\nlimits: { maxTags: 500 }', []],
  ['the same time in another unit', 'version: 1\ntrash: { days: 2 }', 'version: 1\ntrash: { keep: 48h }', []],
  ['a word', 'version: 1', 'version: 1\nmode: enforce', [['mode', 'dryRun', 'enforce']]],
  ['a limit', 'version: 1', 'version: 1\nlimits: { maxTags: none }', [['limits.maxTags', 500, 'none']]],
  ['a part', 'version: 1', 'version: 1\ncache: { notUsedFor: 1d }', [['cache', undefined, { notUsedFor: '1d' }]]],
  [
    'patterns that come and go',
    sets(a),
    sets(a.replace('[x, y]', '[y, w]')),
    [
      ['policies[a].tags.keep', 'x', undefined],
      ['policies[a].tags.keep', undefined, 'w'],
    ],
  ],
  ['a pattern twice', sets(a), sets(a.replace('[x, y]', '[x, y, x]')), [['policies[a].tags.keep', undefined, 'x']]],
  [
    'the order of patterns',
    sets(a),
    sets(a.replace('[x, y]', '[y, x]')),
    [['policies[a].tags.keep', ['x', 'y'], ['y', 'x']]],
  ],
  [
    'a rule',
    sets(a),
    sets(a.replace('pulledWithin: 1d', 'pulledWithin: 3d')),
    [
      ['policies[a].keep', { pulledWithin: '1d' }, undefined],
      ['policies[a].keep', undefined, { pulledWithin: '3d' }],
    ],
  ],
  [
    'a rule set before the others',
    sets(a),
    sets('{ id: b }', a),
    [
      [
        'policies[b]',
        undefined,
        { id: 'b', repos: { syntax: 'regex' }, tags: { syntax: 'regex' }, keep: [], delete: [] },
      ],
    ],
  ],
]
for (const [what, from, to, changes] of rows)
  test(`between two policies: ${what}`, (t) => {
    const found = policyChanges(policyIn(from), policyIn(to))
    t.deepEqual(
      found.map(({ path, before, after }) => [path, before, after]),
      changes.map((change) => [...change]),
    )
    const back = policyChanges(policyIn(to), policyIn(from))
    t.is(back.length, found.length)
  })

test('the order of rule sets is a difference too', (t) => {
  const [before, after] = [policyIn(sets(a, '{ id: b }')), policyIn(sets('{ id: b }', a))]
  t.deepEqual(
    policyChanges(before, after).map(({ path }) => path),
    ['policies'],
  )
})
