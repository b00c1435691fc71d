import test from 'ava'
import { tallied } from './tallied.ts'
import { ageing, fillModel, openModel } from './testing/open-model.ts'

test('what runs, undoing and purging did is counted, a plan once it is made', async (t) => {
  const { service: plain, model } = await openModel({ policy: ageing('enforce') })
  const { service, tally } = tallied(plain)
  fillModel(model, 3)
  t.is(tally.lastPlan, undefined)
  t.is(service.source, 'registry')
  const run = await service.run('ann')
  t.like(tally, { removed: 3, restored: 0, freed: 0, lastPlan: { considered: 4, kept: 1, deleted: 3 } })
  await service.undo(`${run.id}-1`, 'ann')
  t.is(tally.restored, 1)
  await service.purge('all', 'ann')
  t.is(tally.purged, 2)
  t.is(tally.freed, 2200)
  t.deepEqual(tally.runs, { planned: 0, running: 0, done: 1, failed: 0, stopped: 0, refused: 0 })
})

test('a plan counts when it is applied, once, whoever asks again', async (t) => {
  const { service: plain, model } = await openModel({ policy: ageing('propose') })
  const { service, tally } = tallied(plain)
  fillModel(model, 2)
  t.like(await service.run('ann'), { state: 'planned' })
  t.like(tally, { removed: 0, runs: { planned: 1, done: 0 }, lastPlan: { deleted: 2 } })
  const plan = await service.plan('ann')
  await service.apply(plan.id, 'ann')
  t.like(tally, { removed: 2, runs: { planned: 1, done: 1 } })
  await service.apply(plan.id, 'ann')
  t.is(tally.removed, 2, 'the same run was told again')
})

test('one that is refused counts as that, and its error is told', async (t) => {
  const { service: plain } = await openModel({ policy: ageing('enforce') })
  const { service, tally, counted } = tallied(plain)
  await t.throwsAsync(service.apply('none', 'ann'), { code: 'OBJECT_NOT_FOUND' })
  await t.throwsAsync(counted(Promise.reject(new Error('busy'))), { message: 'busy' })
  t.is(tally.runs.refused, 2)
  const run = await plain.run('ann')
  await counted(Promise.resolve({ ...run, removed: 4, freed: 7 }))
  t.like(tally, { removed: 4, freed: 7, runs: { done: 1 } })
})

test('what an interrupted run had done before counts once', async (t) => {
  const stop = new AbortController()
  let removed = 0
  const { service: plain, model } = await openModel({
    policy: ageing('propose'),
    onCall: ({ what, when }) => {
      if (what === 'remove' && when === 'after' && ++removed === 10) stop.abort()
    },
  })
  const { service, tally } = tallied(plain)
  fillModel(model, 200)
  const { id } = await service.plan('ann')
  const first = await service.apply(id, 'ann', stop.signal)
  t.is(first.state, 'stopped')
  t.is(tally.removed, first.removed)
  t.true(first.removed < 200)
  t.like(await service.apply(id, 'ann'), { state: 'done', removed: 200 })
  t.like(tally, { removed: 200, runs: { stopped: 1, done: 1 } })
})
