import test from 'ava'
import { ageing, all, day, fillModel, type OpenModel, openModel, start } from './testing/open-model.ts'
import type { Plan, PreviewLine } from './types.ts'

const old = (n: number): { kind: 'tag'; repository: string; name: string } => ({
  kind: 'tag',
  repository: 'team/app',
  name: `old-${n}`,
})

async function opened(mode: 'dryRun' | 'propose' | 'enforce' = 'propose'): Promise<OpenModel> {
  const open = await openModel({ policy: ageing(mode) })
  fillModel(open.model)
  return open
}

function deletedIn(lines: readonly PreviewLine[]): string[] {
  return lines.flatMap((line) =>
    line.kind === 'decision' && line.decision.verdict === 'delete' ? [line.decision.item.name] : [],
  )
}

test('preview, plan and apply say and do the same on data that stay as they are', async (t) => {
  const { service, model } = await opened()
  const before = model.state()
  const lines = await all(service.preview({}))
  const totals = lines.at(-1)
  if (totals?.kind !== 'totals') return t.fail('no totals')
  t.like(totals.totals, { considered: 4, kept: 1, deleted: 3, bytes: 3300, freed: 3300, shared: 0, measured: 3 })
  t.deepEqual(totals.totals.reasons, { DELETE_AGE: 3, DEFAULT_KEEP: 1 })
  t.deepEqual(model.state(), before, 'a preview changes nothing')
  const plan = await service.plan('bob')
  t.like(plan, { state: 'waiting', by: 'bob', cause: 'request', policyVersion: 1, source: 'registry' })
  t.deepEqual({ ...plan.totals, milliseconds: 0 }, { ...totals.totals, milliseconds: 0 })
  const items = await all(service.planned(plan.id))
  t.deepEqual(items.map(({ name }) => name).sort(), deletedIn(lines).sort())
  t.deepEqual(
    items.map(({ name }) => name),
    ['old-3', 'old-2', 'old-1'],
    'the oldest first',
  )
  t.deepEqual(model.state(), before, 'a plan changes nothing')
  const run = await service.apply(plan.id, 'carol')
  t.like(run, { state: 'done', removed: 3, drifted: 0, gone: 0, failed: 0, by: 'carol', planId: plan.id })
  t.deepEqual(
    model.content.tagsOf('team/app').map(({ name }) => name),
    ['new'],
  )
  t.deepEqual(
    (await service.plans()).map(({ state, runId }) => [state, runId]),
    [['applied', run.id]],
  )
})

test('applying twice deletes nothing more', async (t) => {
  const { service, model } = await opened()
  const plan = await service.plan('bob')
  const run = await service.apply(plan.id, 'bob')
  model.content.push('team/app', 'old-1', { at: start - 40 * day })
  const state = model.state()
  t.deepEqual(await service.apply(plan.id, 'bob'), run)
  t.deepEqual(model.state(), state)
  t.is((await service.runs(10)).length, 1)
  const again = await service.plan('bob')
  t.is(again.totals.deleted, 1)
})

test('what the mode says: plans alone, plans that wait, or all at once', async (t) => {
  const dry = await opened('dryRun')
  const planned = await dry.service.run('schedule', { cause: 'schedule' })
  t.like(planned, { state: 'planned', mode: 'dryRun', removed: 0, cause: 'schedule', by: 'schedule' })
  await t.throwsAsync(dry.service.apply(planned.planId, 'bob'), { code: 'RETENTION_DRY_RUN' })
  t.is(dry.model.content.tagsOf('team/app').length, 4)

  const propose = await opened('propose')
  const waiting = await propose.service.run('schedule')
  t.is(waiting.state, 'planned')
  t.is(propose.model.content.tagsOf('team/app').length, 4)
  const approved = await propose.service.apply(waiting.planId, 'carol')
  t.like(approved, { state: 'done', removed: 3, by: 'carol', cause: 'approval' })

  const enforce = await opened('enforce')
  const done = await enforce.service.run('schedule')
  t.like(done, { state: 'done', removed: 3, mode: 'enforce', by: 'schedule' })
  t.like(await enforce.service.run('schedule'), { state: 'done', removed: 0 })
  t.is((await enforce.service.runs(10)).length, 2, 'also a run that finds nothing is one')
})

const drifts: Readonly<Record<string, (open: OpenModel) => void>> = {
  'pushed again': ({ model }) => model.content.push('team/app', 'old-2', { at: start, text: 'another' }),
  'pushed again with the same content': ({ model }) => model.content.note(old(2), { pushedAt: start }),
  pulled: ({ model }) => model.content.note(old(2), { pulledAt: start }),
  'signed under its name': ({ model }) =>
    model.content.note(old(2), { guards: [{ kind: 'signed-target', about: 'signed as targets/release' }] }),
  held: ({ model }) => model.content.note(old(2), { guards: [{ kind: 'hold', about: 'legal 2026-114' }] }),
  'in use': ({ model }) => model.content.note(old(2), { guards: [{ kind: 'in-use', about: 'container web' }] }),
}
for (const [title, change] of Object.entries(drifts)) {
  test(`a tag that was ${title} between plan and apply stays, and is said to`, async (t) => {
    const open = await opened()
    const plan = await open.service.plan('bob')
    change(open)
    const run = await open.service.apply(plan.id, 'bob')
    t.like(run, { state: 'done', removed: 2, drifted: 1 })
    const left = open.model.content.tagsOf('team/app').map(({ name }) => name)
    t.deepEqual(left.sort(), ['new', 'old-2'])
    const skipped = (await all(open.service.audit())).filter(({ action }) => action === 'skip')
    t.like(skipped[0]?.about, { name: 'old-2', why: 'DRIFTED' })
    t.is((await open.service.trash()).length, 2)
  })
}

test('what changes at the last moment, after it was looked at, stays too', async (t) => {
  let isArmed = false
  const open = await openModel({
    policy: ageing('propose'),
    onCall: ({ what, when, name }) => {
      if (isArmed && what === 'remove' && when === 'before' && name === 'team/app:old-2')
        open.model.content.push('team/app', 'old-2', { at: start, text: 'another' })
    },
  })
  fillModel(open.model)
  const plan = await open.service.plan('bob')
  isArmed = true
  t.like(await open.service.apply(plan.id, 'bob'), { removed: 2, drifted: 1 })
  t.is((await open.service.trash()).length, 2, 'and is not in the trash')
})

test('what is gone by then is gone', async (t) => {
  const { service, model } = await opened()
  const plan = await service.plan('bob')
  model.content.removeItem(old(2))
  t.like(await service.apply(plan.id, 'bob'), { state: 'done', removed: 2, gone: 1, drifted: 0 })
})

test('what has to stay since others went is not removed', async (t) => {
  const text = `version: 1
mode: propose
limits: { maxTags: none, maxPercentPerRepo: none }
policies:
  - id: last
    keep: [{ mostRecent: { n: 2, by: pushed } }]
    tags: { delete: ['.*'] }
`
  const { service, model } = await openModel({ policy: text })
  fillModel(model)
  const plan = await service.plan('bob')
  t.deepEqual(
    (await all(service.planned(plan.id))).map(({ name }) => name),
    ['old-3', 'old-2'],
  )
  model.content.removeItem({ ...old(1), name: 'new' })
  t.like(await service.apply(plan.id, 'bob'), { removed: 1, drifted: 1 })
  t.deepEqual(
    model.content
      .tagsOf('team/app')
      .map(({ name }) => name)
      .sort(),
    ['old-1', 'old-2'],
  )
})

test('a plan is good for a while, and for the policy that made it', async (t) => {
  const { service, clock, model } = await opened()
  const plan = await service.plan('bob')
  t.is(plan.expiresAt, start + 60 * 60 * 1000)
  await service.policies.set(ageing('propose', 'holds: [{ repo: team/app, tag: old-1, reason: legal }]\n'), 'ann')
  await t.throwsAsync(service.apply(plan.id, 'bob'), { code: 'RETENTION_PLAN_CHANGED' })
  const stateOf = async (id: string): Promise<Plan['state'] | undefined> =>
    (await service.plans()).find((one) => one.id === id)?.state
  t.is(await stateOf(plan.id), 'dropped')
  const second = await service.plan('bob')
  t.is(second.totals.deleted, 2)
  clock.now += 60 * 60 * 1000
  await t.throwsAsync(service.apply(second.id, 'bob'), { code: 'RETENTION_PLAN_EXPIRED' })
  t.is(await stateOf(second.id), 'expired')
  await t.throwsAsync(service.apply('nothing', 'bob'), { code: 'OBJECT_NOT_FOUND' })
  await t.throwsAsync(all(service.planned('000000000000')), { code: 'OBJECT_NOT_FOUND' })
  t.is(model.content.tagsOf('team/app').length, 4)
})

test('a plan whose rows were changed is not applied', async (t) => {
  const { service, rows } = await opened()
  const plan = await service.plan('bob')
  const [row] = await rows.list({ prefix: `item ${plan.id} `, limit: 1 })
  if (row === undefined) return t.fail('no item')
  await rows.commit({ put: [{ key: row.key, value: row.value.replace('old-3', 'new') }] })
  await t.throwsAsync(service.apply(plan.id, 'bob'), { code: 'RETENTION_PLAN_CHANGED' })
})

test('another policy that comes into force stops what is going on', async (t) => {
  const open = await openModel({
    policy: ageing('propose'),
    onCall: async ({ what, when, name }) => {
      if (what !== 'remove' || when !== 'after' || name !== 'team/app:old-100') return
      await open.service.policies.set(ageing('dryRun'), 'ann')
    },
  })
  fillModel(open.model, 100)
  const plan = await open.service.plan('bob')
  const run = await open.service.apply(plan.id, 'bob')
  t.like(run, { state: 'stopped', removed: 64 })
  t.regex(run.failures[0]?.message ?? '', /version 2 of the policy/)
  await t.throwsAsync(open.service.apply(plan.id, 'bob'), { code: 'RETENTION_PLAN_CHANGED' })
})

test('what is stopped goes on when it is applied again', async (t) => {
  const stop = new AbortController()
  const open = await openModel({
    policy: ageing('propose'),
    onCall: ({ what, name }) => {
      if (what === 'remove' && name === 'team/app:old-100') stop.abort()
    },
  })
  fillModel(open.model, 100)
  const plan = await open.service.plan('bob')
  const stopped = await open.service.apply(plan.id, 'bob', stop.signal)
  t.like(stopped, { state: 'stopped', removed: 64 })
  const run = await open.service.apply(plan.id, 'carol')
  t.like(run, { id: stopped.id, state: 'done', removed: 100, gone: 0, drifted: 0, failures: [] })
  t.is((await open.service.trash({ limit: 1000 })).length, 100)
})

test('one at a time; who comes second is told', async (t) => {
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const open = await openModel({
    policy: ageing('propose'),
    onCall: async ({ what, when }) => (what === 'remove' && when === 'before' ? held : undefined),
  })
  fillModel(open.model)
  const plan = await open.service.plan('bob')
  const first = open.service.apply(plan.id, 'bob')
  for (const second of [
    async () => open.service.apply(plan.id, 'carol'),
    async () => open.service.plan('carol'),
    async () => open.service.run('carol'),
  ])
    await t.throwsAsync(second, { code: 'RETENTION_BUSY' })
  t.true((await open.service.status()).isRunning)
  t.is((await all(open.service.preview({}))).length, 5, 'a preview goes on beside it')
  release()
  t.like(await first, { state: 'done', removed: 3 })
  t.false((await open.service.status()).isRunning)
  t.like(await open.service.run('carol'), { state: 'planned' })
})

test('closing waits for what is going on, and stops it', async (t) => {
  const open = await openModel({ policy: ageing('enforce') })
  fillModel(open.model, 200)
  const run = open.service.run('bob')
  await open.service.close()
  t.true(['stopped', 'done'].includes((await run).state))
})

test('unsaved text is previewed, and what is wrong with it is told', async (t) => {
  const { service } = await openModel()
  const lines = await all(service.preview({ text: ageing('enforce'), only: 'delete' }))
  t.deepEqual(
    lines.map(({ kind }) => kind),
    ['totals'],
  )
  const error = await t.throwsAsync(all(service.preview({ text: 'version: 1\nmode: enforced\n' })), {
    code: 'RETENTION_POLICY_INVALID',
  })
  t.regex(error?.message ?? '', /^mode: /)
  t.is((await service.status()).policy.version, 0)
})

test('a preview that is aborted ends', async (t) => {
  const { service, model } = await opened()
  for (let i = 0; i < 50; i++) model.content.push(`team/app-${i}`, 'new', { at: start })
  const abort = new AbortController()
  await t.throwsAsync(
    async () => {
      for await (const line of service.preview({ signal: abort.signal })) if (line.kind === 'decision') abort.abort()
    },
    { code: 'CANCELLED' },
  )
})
