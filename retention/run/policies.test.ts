import test from 'ava'
import { readAudit } from '../../shared/audit/audit-rows.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { PolicyRefused } from '../policy/policy-refused.ts'
import { ageing, all, day, fillModel, openModel, start } from './testing/open-model.ts'

test('before anybody says anything, a policy is in force that keeps everything', async (t) => {
  const { service, model } = await openModel()
  fillModel(model)
  const { text, ...first } = await service.policies.show()
  t.like(first, { version: 0, by: '' })
  t.deepEqual((await service.policies.check(text)).problems, [])
  t.like(await service.run('bob'), { state: 'planned', removed: 0 })
  t.deepEqual(await service.policies.versions(), [first])
  t.like(await service.status(), { mode: 'dryRun', source: 'registry', isRunning: false, policy: first })
})

test('versions are kept, and an earlier one can be put in force again', async (t) => {
  const { service } = await openModel()
  const one = await service.policies.set(ageing('propose'), 'ann')
  const two = await service.policies.set(ageing('enforce'), 'bob')
  t.deepEqual([one.version, two.version], [1, 2])
  t.deepEqual(await service.policies.show(), two)
  t.is((await service.policies.set(ageing('enforce'), 'carol')).version, 2, 'the same text is no other version')
  const three = await service.policies.revert(undefined, 'carol')
  t.like(three, { version: 3, restores: 1, by: 'carol', text: ageing('propose'), hash: one.hash })
  t.like(await service.policies.revert(0, 'carol'), { version: 4, restores: 0 })
  t.like(await service.policies.show(2), { version: 2, text: ageing('enforce') })
  t.deepEqual(
    (await service.policies.versions()).map(({ version }) => version),
    [4, 3, 2, 1, 0],
  )
  for (const version of [5, -1, 1.5]) {
    await t.throwsAsync(service.policies.show(version), { code: 'OBJECT_NOT_FOUND' })
    await t.throwsAsync(service.policies.revert(version, 'carol'), { code: 'OBJECT_NOT_FOUND' })
  }
})

test('the first one has none before it', async (t) => {
  const { service } = await openModel()
  await t.throwsAsync(service.policies.revert(undefined, 'bob'), { code: 'OBJECT_NOT_FOUND' })
})

test('what is wrong is refused with the place of each problem, and the old policy stays', async (t) => {
  const { service } = await openModel({ policy: ageing('propose') })
  const text = 'version: 1\nmode: enforced\npolicies: [{ id: a, tags: { keep: ["("] }, delet: [] }]\n'
  const error = await t.throwsAsync(service.policies.set(text, 'bob'), { code: 'RETENTION_POLICY_INVALID' })
  if (!(error instanceof PolicyRefused)) return t.fail('another error')
  t.deepEqual(error.problems.map(({ path }) => path).sort(), ['mode', 'policies[0].delet', 'policies[0].tags.keep[0]'])
  t.deepEqual((await service.policies.check(text)).problems, error.problems)
  t.is((await service.policies.show()).version, 1)
})

const limited = (limits: string): string => `version: 1
mode: enforce
limits: { ${limits} }
policies: [{ id: old, delete: [{ olderThan: { pushed: 30d } }] }]
`

const beyond: readonly [limits: string, path: string, figures: RegExp][] = [
  ['maxTags: 2, maxPercentPerRepo: none', 'limits.maxTags', /would delete 3 items .* more than 2;/],
  ['maxTags: none, maxPercentPerRepo: 50', 'limits.maxPercentPerRepo', /3 of the 4 tags of team\/app, more than 50%/],
  ['maxPercentPerRepo: none, maxBytes: 3KiB', 'limits.maxBytes', /3300 bytes .* more than 3072/],
]
for (const [limits, path, figures] of beyond) {
  test(`a policy that goes beyond its own limits is refused: ${limits}`, async (t) => {
    const { service, model } = await openModel()
    fillModel(model)
    const error = await t.throwsAsync(service.policies.set(limited(limits), 'bob'), {
      code: 'RETENTION_POLICY_INVALID',
    })
    t.true(error?.message.startsWith(`${path}: `), error?.message)
    t.regex(error?.message ?? '', figures)
    t.is((await service.policies.show()).version, 0)
  })
}

test('a limit that was raised or lifted lets it through', async (t) => {
  const { service, model } = await openModel()
  fillModel(model)
  t.is((await service.policies.set(limited('maxTags: 3, maxPercentPerRepo: 75'), 'bob')).version, 1)
  t.is((await service.policies.set(limited('maxTags: none, maxPercentPerRepo: none'), 'bob')).version, 2)
})

test('what comes later is held by the limits, run by run', async (t) => {
  const { service, model } = await openModel({ policy: limited('maxTags: 2, maxPercentPerRepo: none') })
  fillModel(model, 5)
  t.deepEqual(
    [await service.run('bob'), await service.run('bob'), await service.run('bob')].map(({ removed }) => removed),
    [2, 2, 1],
  )
})

test('of two that are set at once, one is the later', async (t) => {
  const { service } = await openModel()
  const set = await Promise.all(
    ['propose', 'enforce'].map((mode) => service.policies.set(ageing(mode === 'propose' ? mode : 'enforce'), 'bob')),
  )
  t.deepEqual(
    set.map(({ version }) => version).sort((a, b) => a - b),
    [1, 2],
  )
})

test('while the inventory cannot be read, nothing is put in force', async (t) => {
  let isDown = false
  const { service, model } = await openModel({
    onCall: () => {
      if (isDown) throw new Error('the registry is down')
    },
  })
  fillModel(model)
  isDown = true
  await t.throwsAsync(service.policies.set(ageing('enforce'), 'bob'), { message: 'the registry is down' })
  await t.throwsAsync(service.run('bob'), { message: 'the registry is down' })
  const [run] = await service.runs(1)
  t.like(run, { state: 'failed', planId: '' })
  t.is(run?.failures[0]?.message, 'the registry is down')
  t.is((await service.policies.show()).version, 0)
})

test('who did what is told, in one chain', async (t) => {
  const { service, model, clock, rows } = await openModel({ policy: ageing('enforce') })
  fillModel(model, 2)
  const run = await service.run('schedule')
  await service.undo(run.id, 'carol')
  clock.now += day
  await service.run('schedule')
  await service.purge('all', 'dave')
  const lines = await all(service.audit())
  t.deepEqual(
    lines.map(({ by, action }) => `${by} ${action}`),
    [
      'ann policy',
      ...['plan', 'apply', 'remove', 'remove', 'end'].map((action) => `schedule ${action}`),
      'carol undo',
      'carol undo',
      ...['plan', 'apply', 'remove', 'remove', 'end'].map((action) => `schedule ${action}`),
      'dave purge',
      'dave purge',
    ],
  )
  t.like(lines[3], {
    at: start,
    about: { run: run.id, repository: 'team/app', name: 'old-2', reason: 'DELETE_AGE', rule: 'policies[0].delete[0]' },
  })
  t.deepEqual(
    (await all(service.audit({ after: 6 }))).map(({ number }) => number),
    lines.slice(6).map(({ number }) => number),
  )
  t.deepEqual(await all(service.audit({ after: 99 })), [])
  const {
    rows: [row],
  } = await readAudit(rows, { after: 3, limit: 1 })
  const key = `audit ${String(4).padStart(16, '0')}`
  await rows.commit({ put: [{ key, value: (row?.line ?? '').replace('old-2', 'new') }] })
  const error: unknown = await all(service.audit()).catch((cause: unknown) => cause)
  t.true(isIbuildError(error, 'AUDIT_BROKEN'))
})
