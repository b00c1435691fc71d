import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createMemoryState } from '../state/open-state.ts'
import { ageing, all, fillModel, openModel, previewed } from './testing/open-model.ts'

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
  t.is((await previewed(open.service)).length, 5, 'a preview goes on beside it')
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

test('a run that fails in the midst is a row that says so, and the next one goes on', async (t) => {
  let commits = 0
  let failsAt = Number.POSITIVE_INFINITY
  const rows = createMemoryState()
  const breaking: RowStore = {
    ...rows,
    commit: async (change) => {
      if (++commits === failsAt) throw new IbuildError('DISK_FULL', 'no space left')
      return rows.commit(change)
    },
  }
  const { service, model } = await openModel({ rows: breaking, policy: ageing('enforce') })
  fillModel(model, 100)
  commits = 0
  failsAt = 6
  await t.throwsAsync(service.run('schedule'), { code: 'DISK_FULL' })
  const states = (await service.runs(10)).map(({ state, removed }) => [state, removed])
  t.deepEqual(states, [
    ['failed', 0],
    ['stopped', 64],
  ])
  t.is((await service.trash({ limit: 1000 })).filter(({ state }) => state === 'trashed').length, 64)
  t.like(await service.run('schedule'), { state: 'done', removed: 36 })
  t.is((await all(service.audit())).filter(({ action }) => action === 'remove').length, 100)
})
