import test from 'ava'
import { explainItem } from './explain.ts'
import { daysAgo, decided, inventoryOf, itemOf, now, repository, shelf, tag } from './testing/items.ts'
import { day, noLimits, patternOf, policyOf, type SetParts } from './testing/policies.ts'
import type { Explained } from './types.ts'

const ci: SetParts = {
  keepTags: ['latest'],
  deleteTags: ['.*-\\d+'],
  group: '(?<branch>.+)-\\d+',
  keep: [
    { kind: 'mostRecent', n: 2, by: 'pushed' },
    { kind: 'pulledWithin', time: 30 * day },
  ],
  delete: [{ kind: 'olderThan', by: 'pushed', time: 90 * day }],
}

const items = [
  tag('latest', { pushed: 1 }),
  tag('main-1', { pushed: 100 }),
  tag('main-2', { pushed: 99, pulled: 20 }),
  tag('main-3', { pushed: 50 }),
  tag('main-4', { pushed: 40 }),
  tag('pr-1', { pushed: 200 }),
  itemOf('untagged', 'sha256:u', { pushed: 3 }),
]

async function explained(name: string, policy = policyOf([ci, { include: ['x'] }])): Promise<Explained> {
  const kind = name.startsWith('sha256:') ? 'untagged' : 'tag'
  const found = await explainItem(inventoryOf([shelf(items)]), { policy, now }, { kind, repository, name })
  if (found === undefined) throw new Error(`${name} is not there`)
  return found
}

test('all rules speak, those that keep first', async (t) => {
  const { decision, rules, changesAt } = await explained('main-1')
  t.is(decision.reason, 'DELETE_AGE')
  t.is(decision.about, 'pushed 100 days ago; goes after 90 days')
  t.deepEqual(rules, [
    { rule: 'policies[0].tags.keep[0]', holds: false, about: 'the pattern latest' },
    { rule: 'policies[0].keep[0]', holds: false, about: 'the 4th in group branch=main, of which 2 are kept' },
    {
      rule: 'policies[0].keep[1]',
      holds: false,
      about: 'never pulled, pushed 100 days ago; kept for 30 days after a pull',
    },
    { rule: 'policies[0].tags.delete[0]', holds: true, about: 'the pattern .*-\\d+' },
    { rule: 'policies[0].delete[0]', holds: true, about: 'pushed 100 days ago; goes after 90 days' },
    { rule: 'policies[1].repos', holds: false, about: 'set-1 is about other repositories' },
  ])
  t.is(changesAt, undefined)
})

test('what is kept by rank', async (t) => {
  const { decision, changesAt } = await explained('pr-1')
  t.is(decision.reason, 'KEEP_TOP_N')
  t.is(decision.about, 'the 1st of 2 kept in group branch=pr')
  t.is(changesAt, undefined, 'time does not change ranks')
})

test('what is kept by a pull goes one millisecond after that time', async (t) => {
  const { decision, changesAt } = await explained('main-2')
  t.is(decision.reason, 'KEEP_RECENT_PULL')
  t.is(changesAt, daysAgo(20) + 30 * day + 1)
  const policy = policyOf([ci])
  const inventory = inventoryOf([shelf(items)])
  for (const [at, verdict] of [
    [daysAgo(20) + 30 * day, 'keep'],
    [changesAt ?? 0, 'delete'],
  ] as const) {
    const later = await explainItem(inventory, { policy, now: at }, { kind: 'tag', repository, name: 'main-2' })
    t.is(later?.decision.verdict, verdict)
  }
})

test('what is too young goes at its age, when no pattern or rank keeps it', async (t) => {
  const young = policyOf([{ ...ci, keep: [] }])
  t.is((await explained('main-3', young)).changesAt, daysAgo(50) + 90 * day)
  t.is((await explained('latest', young)).changesAt, undefined)
})

test('guards come first, and a hold that ends changes it', async (t) => {
  const until = now + 5 * day
  const hold = { path: 'holds[0]', repository, digest: undefined, tag: 'main-1', reason: 'a lawsuit', until }
  const immutable = [{ path: 'immutable[0]', repositories: patternOf('.*', ''), tags: patternOf('main-1', '') }]
  const held = await explained('main-1', { ...policyOf([ci]), holds: [hold] })
  t.is(held.decision.reason, 'HOLD')
  t.deepEqual(held.rules[0], { rule: 'holds[0]', holds: true, about: 'held until 2026-01-06T00:00:00.000Z: a lawsuit' })
  t.is(held.changesAt, until)
  const both = await explained('main-1', { ...policyOf([ci]), holds: [hold], immutable })
  t.deepEqual(
    both.rules.slice(0, 2).map(({ rule }) => rule),
    ['holds[0]', 'immutable[0]'],
  )
  t.is(both.changesAt, undefined, 'what is immutable outlasts the hold')
})

test('the default, limits, and what nobody knows', async (t) => {
  const last = (found: Explained) => found.rules.at(-1)
  t.like(last(await explained('latest', policyOf([{}]))), { rule: 'default', holds: true })
  const capped = await explained('main-1', policyOf([ci], { limits: { ...noLimits, maxTags: 0 } }))
  t.is(capped.decision.reason, 'CAP_REACHED')
  t.like(last(capped), { rule: 'limits.maxTags', holds: true })
  t.is(capped.changesAt, undefined)
  const unknown = await explained('main-1', policyOf([{ delete: [{ kind: 'olderThan', by: 'created', time: day }] }]))
  t.is(unknown.decision.reason, 'NO_DATA')
  t.regex(unknown.rules[0]?.about ?? '', /nobody knows when it was created; .*; too little is known to say$/)
})

test('a manifest without a tag', async (t) => {
  const policy = policyOf([{ untagged: { olderThan: 7 * day, unlessPulledWithin: 30 * day } }])
  const { decision, rules, changesAt } = await explained('sha256:u', policy)
  t.is(decision.reason, 'DEFAULT_KEEP')
  t.deepEqual(
    rules.map(({ rule }) => rule),
    ['policies[0].untagged.unlessPulledWithin', 'policies[0].untagged', 'default'],
  )
  t.is(changesAt, daysAgo(3) + 7 * day)
})

test('volumes and records of the cache', async (t) => {
  const others = [itemOf('volume', 'v', { pushed: 3 }, ''), itemOf('cache', 'r', { pushed: 9, pulled: 2 }, '')]
  const volumes = { keep: [patternOf('db', 'volumes.keep[0]')], olderThan: 7 * day }
  const options = { policy: policyOf([], { volumes, cache: { notUsedFor: day } }), now }
  const inventory = inventoryOf([shelf(others, '')])
  const volume = await explainItem(inventory, options, { kind: 'volume', repository: '', name: 'v' })
  t.is(volume?.changesAt, daysAgo(3) + 7 * day)
  t.is(volume?.rules[1]?.about, 'made 3 days ago; goes after 7 days')
  const record = await explainItem(inventory, options, { kind: 'cache', repository: '', name: 'r' })
  t.is(record?.decision.about, 'last used 2 days ago; goes when not used for 1 day')
})

test('what is not there', async (t) => {
  const inventory = inventoryOf([shelf(items)])
  const options = { policy: policyOf([ci]), now }
  t.is(await explainItem(inventory, options, { kind: 'tag', repository, name: 'none' }), undefined)
  t.is(await explainItem(inventory, options, { kind: 'tag', repository: 'none', name: 'latest' }), undefined)
})

test('it is what a run decides, with the limits of a run and of a repository', async (t) => {
  const shelves = [shelf(items), shelf([tag('z-1', { pushed: 150 }, 'team/zoo')], 'team/zoo')]
  for (const limits of [
    { ...noLimits, maxTags: 1 },
    { ...noLimits, maxTags: 1, maxPercentPerRepo: 40 },
    { ...noLimits, maxBytes: 100, minRemainingPerRepo: 6 },
  ]) {
    const policy = policyOf([{ ...ci, keep: [] }], { limits })
    const { decisions } = await decided(inventoryOf(shelves), { policy })
    for (const decision of decisions) {
      const found = await explainItem(inventoryOf(shelves), { policy, now }, decision.item)
      t.deepEqual(found?.decision, decision)
    }
  }
})
