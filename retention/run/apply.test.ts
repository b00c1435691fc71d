import test from 'ava'
import { ageing, all, day, fillModel, type OpenModel, openModel, previewed, start } from './testing/open-model.ts'
import type { PreviewLine, Run } from './types.ts'

async function opened(mode: Run['mode'] = 'propose'): Promise<OpenModel> {
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
  const lines = await previewed(service)
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

test('a preview with the options of a plan decides as that plan', async (t) => {
  const more = "  - { id: new, tags: { keep: ['x'], delete: ['new'] } }\n"
  const { service, model } = await openModel({ policy: ageing('propose', more) })
  fillModel(model)
  for (const only of [['old'], ['new'], ['old', 'new']]) {
    const lines = await previewed(service, { only: 'delete', plan: { only } })
    const items = await all(service.planned((await service.plan('bob', { only })).id))
    const names = items.map(({ name }) => name).sort()
    t.deepEqual(deletedIn(lines).sort(), names)
    t.is(names.length, (only.includes('old') ? 3 : 0) + (only.includes('new') ? 1 : 0))
    t.like(lines.at(-1), { kind: 'totals', totals: { deleted: names.length } })
  }
  const limited = ageing('propose').replace('maxTags: none', 'maxTags: 1')
  model.content.note({ kind: 'tag', repository: 'team/app', name: 'old-3' }, { pulledAt: start })
  for (const [order, name] of [
    ['oldest', 'old-3'],
    ['leastRecentlyPulled', 'old-2'],
  ] as const)
    t.deepEqual(deletedIn(await previewed(service, { text: limited, plan: { order } })), [name])
})

test('unsaved text is previewed, and what is wrong with it is told', async (t) => {
  const { service } = await openModel()
  const lines = await previewed(service, { text: ageing('enforce'), only: 'delete' })
  t.deepEqual(
    lines.map(({ kind }) => kind),
    ['totals'],
  )
  const error = await t.throwsAsync(previewed(service, { text: 'version: 1\nmode: enforced\n' }), {
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
      for await (const page of service.preview({ signal: abort.signal })) if (page.length > 0) abort.abort()
    },
    { code: 'CANCELLED' },
  )
})

test('a run may be of some rule sets alone, and take what nobody pulled first', async (t) => {
  const text = `version: 1
mode: propose
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - { id: a, repos: { include: [a] }, delete: [{ olderThan: { pushed: 30d } }] }
  - { id: b, repos: { include: [b] }, delete: [{ olderThan: { pushed: 30d } }] }
`
  const { service, model } = await openModel({ policy: text })
  for (const repository of ['a', 'b']) {
    model.content.push(repository, 'one', { at: start - 50 * day, pulledAt: start - day })
    model.content.push(repository, 'two', { at: start - 40 * day, pulledAt: start - 2 * day })
  }
  await t.throwsAsync(service.plan('bob', { only: ['a', 'bb'] }), { code: 'USAGE', message: /no rule set "bb"/ })
  const plan = await service.plan('trigger', { only: ['b'], order: 'leastRecentlyPulled', cause: 'trigger' })
  const items = await all(service.planned(plan.id))
  t.deepEqual(
    items.map(({ repository, name }) => `${repository} ${name}`),
    ['b two', 'b one'],
  )
  model.content.push('c', 'other', { at: start })
  t.like(await service.apply(plan.id, 'carol'), { removed: 2, drifted: 0 })
  t.is(model.content.tagsOf('a').length, 2)
})

test('volumes of Docker and records of the cache go as well', async (t) => {
  const docker = await openModel({
    source: 'docker',
    canUndo: false,
    policy: 'version: 1\nmode: enforce\nvolumes: { keep: ["data.*"], olderThan: 7d }\n',
  })
  for (const name of ['data-1', 'left', 'used'])
    docker.model.content.addOther('volume', name, { pushedAt: start - 8 * day, size: 5000 })
  const used = { kind: 'volume', repository: '', name: 'used' } as const
  docker.model.content.note(used, { guards: [{ kind: 'in-use', about: 'container web' }] })
  t.like(await docker.service.run('bob'), { removed: 1, freed: 5000 })
  t.deepEqual(docker.model.state(), ['volume data-1 data-1', 'volume used used'])
  t.like((await docker.service.explain('volume used')).decision, { verdict: 'keep', reason: 'IN_USE' })

  const store = await openModel({
    source: 'store',
    canUndo: false,
    policy: 'version: 1\nmode: enforce\ncache: { notUsedFor: 30d }\n',
  })
  store.model.content.addOther('cache', 'r1', { pushedAt: start - 40 * day })
  store.model.content.addOther('cache', 'r2', { pushedAt: start - 40 * day, pulledAt: start - day })
  t.like(await store.service.run('bob'), { removed: 1, freed: 1000 })
  t.deepEqual(store.model.state(), ['cache r2 r2'])
})
