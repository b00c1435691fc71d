import test from 'ava'
import { policyData } from './policy-data.ts'
import { fullPolicy } from './testing/full-policy.ts'
import { policyIn, read } from './testing/read.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

test('a policy with every key is read without a problem', (t) => {
  const found = read(fullPolicy)
  t.true('policy' in found, JSON.stringify(found))
  t.deepEqual(
    found.warnings.map(({ path }) => path),
    ['policies[0].keep[0].mostRecent', 'volumes', 'cache'],
  )
})

test('values are of the units that the code has', (t) => {
  const policy = policyIn(fullPolicy)
  t.deepEqual(policy.schedule, {
    kind: 'cron',
    cron: '15 3 * * *',
    timezone: 'Europe/London',
    window: 4 * hour,
    jitter: 10 * minute,
  })
  t.deepEqual(policy.trash, { keep: 14 * day, purgeOnDiskBelow: 5 })
  t.deepEqual(policy.limits, {
    maxTags: 400,
    maxPercentPerRepo: 12.5,
    maxBytes: 500 * 1024 ** 3,
    minRemainingPerRepo: 2,
    planLife: 2 * hour,
  })
  t.deepEqual(
    policy.holds.map(({ until }) => until),
    [Date.UTC(2027, 0, 1), Date.UTC(2027, 0, 1, 11, 30), undefined],
  )
  t.deepEqual(
    policy.triggers.map(({ diskFreeBelow, run, order }) => ({ diskFreeBelow, run, order })),
    [
      { diskFreeBelow: 10, run: ['ci-builds'], order: 'oldest' },
      { diskFreeBelow: 5, run: ['ci-builds', 'globs'], order: 'leastRecentlyPulled' },
    ],
  )
  t.deepEqual(
    policy.mirror.map(({ to, every }) => ({ to, every })),
    [
      { to: 'mirror/ubuntu', every: 30 * minute },
      { to: undefined, every: hour },
    ],
  )
  t.is(policy.cache?.notUsedFor, 30 * day)
  t.is(policy.volumes?.olderThan, 7 * day)
})

test('rules know their place, and what they say', (t) => {
  const [set] = policyIn(fullPolicy).sets
  t.deepEqual(set?.keep, [
    { kind: 'mostRecent', path: 'policies[0].keep[0]', n: 10, by: 'pushed' },
    { kind: 'mostRecent', path: 'policies[0].keep[1]', n: 3, by: { number: 'build' } },
    { kind: 'pulledWithin', path: 'policies[0].keep[2]', time: 30 * day },
    { kind: 'pushedWithin', path: 'policies[0].keep[3]', time: 14 * day },
    { kind: 'signedBy', path: 'policies[0].keep[4]', anyOf: ['release-role', 'targets/releases'] },
    { kind: 'label', path: 'policies[0].keep[5]', labels: [['org.example.keep', 'true']] },
  ])
  t.deepEqual(set?.delete, [
    { kind: 'olderThan', path: 'policies[0].delete[0]', by: 'pushed', time: 90 * day },
    { kind: 'notPulledFor', path: 'policies[0].delete[1]', time: 180 * day },
  ])
  t.deepEqual(set?.untagged, { olderThan: 7 * day, unlessPulledWithin: 30 * day })
  t.is(set?.path, 'policies[0]')
  t.is(set?.tags.keep[1]?.path, 'policies[0].tags.keep[1]')
  t.deepEqual({ ...set?.group?.groups('main-12') }, { branch: 'main', build: '12' })
})

test('the shortest policy deletes nothing and has the limits that stand in the documentation', (t) => {
  t.deepEqual(policyData(policyIn('version: 1')), {
    version: 1,
    default: 'keep',
    mode: 'dryRun',
    trash: { keep: '7d', purgeOnDiskBelow: '0%' },
    limits: { maxTags: 500, maxPercentPerRepo: '30%', maxBytes: 'none', minRemainingPerRepo: 1, planTtl: '1h' },
    policies: [],
    holds: [],
    immutable: [],
    mirror: [],
    triggers: [],
  })
})

test('none lifts a limit', (t) => {
  const lifted = 'limits: { maxTags: none, maxPercentPerRepo: none, maxBytes: none, minRemainingPerRepo: none }'
  const { maxTags, maxPercentPerRepo, maxBytes, minRemainingPerRepo } = policyIn(`version: 1\n${lifted}`).limits
  t.deepEqual([maxTags, maxPercentPerRepo, maxBytes, minRemainingPerRepo], [undefined, undefined, undefined, 0])
})

test('JSON is read as well, and minutes as Sherdock had them', (t) => {
  const { schedule } = policyIn('{"version": 1, "schedule": {"everyMinutes": 5}}')
  t.deepEqual(schedule, { kind: 'every', every: 5 * minute, jitter: 0 })
})

test('all problems are told at once, each with its place, its line and what was meant', (t) => {
  const found = read(`version: 2
mod: dryRun
policies:
  - id: a
    tags:
      keep: ["(a", "(?!x).*"]
    keep:
      - mostRecent: { n: 0, by: newest }
  - id: a
    repos:
`)
  t.deepEqual('problems' in found && found.problems.map(({ path, line }) => [path, line]), [
    ['version', 1],
    ['mod', 2],
    ['policies[0].tags.keep[0]', 6],
    ['policies[0].tags.keep[1]', 6],
    ['policies[0].keep[0].mostRecent.n', 8],
    ['policies[0].keep[0].mostRecent.by', 8],
    ['policies[1].id', 9],
    ['policies[1].repos', 10],
  ])
})

test('a document of a thousand mistakes is answered with a hundred', (t) => {
  const found = read(Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join('\n'))
  t.is('problems' in found && found.problems.length, 100)
})
