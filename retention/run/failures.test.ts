import test from 'ava'
import type { ModelCall } from './testing/model-inventory.ts'
import { ageing, fillModel, type OpenModel, openModel } from './testing/open-model.ts'

const minute = 60_000

async function failing(fails: (call: ModelCall) => boolean, old = 3): Promise<OpenModel> {
  const open = await openModel({
    policy: ageing('enforce'),
    onCall: (call) => {
      if (fails(call)) throw new Error('an error of the registry')
    },
  })
  fillModel(open.model, old)
  return open
}

test('an item that cannot be removed is noted and tried again after a while, which grows', async (t) => {
  let tries = 0
  let isBroken = true
  const { service, clock, model } = await failing(({ what, when, name }) => {
    const isThis = what === 'remove' && when === 'before' && name === 'team/app:old-2'
    if (isThis) tries++
    return isThis && isBroken
  })
  const run = await service.run('schedule')
  t.like(run, { state: 'done', removed: 2, failed: 1 })
  t.deepEqual(run.failures, [
    { item: { kind: 'tag', repository: 'team/app', name: 'old-2' }, message: 'an error of the registry' },
  ])
  t.is((await service.trash()).length, 2, 'what did not go is not in the trash')
  const next = await service.run('schedule')
  t.like(next, { state: 'done', removed: 0, failed: 1 })
  t.regex(next.failures[0]?.message ?? '', /an error of the registry; it is tried again after 2026-03-01T00:05:00/)
  t.is(tries, 1)
  for (const [wait, wanted] of [
    [5, 2],
    [5, 2],
    [5, 3],
    [19, 3],
    [1, 4],
  ] as const) {
    clock.now += wait * minute
    await service.run('schedule')
    t.is(tries, wanted, `${wait} minutes later`)
  }
  isBroken = false
  clock.now += 40 * minute
  t.like(await service.run('schedule'), { removed: 1, failed: 0 })
  t.is(model.content.tagsOf('team/app').length, 1)
})

test('when all that is tried fails, the rest is not tried', async (t) => {
  let tries = 0
  const { service, model } = await failing(({ what, when }) => {
    if (what === 'remove' && when === 'before') tries++
    return what === 'remove' && when === 'before'
  }, 200)
  const run = await service.run('schedule')
  t.like(run, { state: 'failed', removed: 0, failed: 64 })
  t.is(tries, 64)
  t.is(model.content.tagsOf('team/app').length, 201)
  t.deepEqual(await service.trash(), [])
})

test('an item that went though its removal failed is in the trash', async (t) => {
  const { service, model } = await failing(({ what, when }) => what === 'remove' && when === 'after')
  const run = await service.run('schedule')
  t.like(run, { state: 'done', removed: 3, failed: 0 })
  t.is((await service.undo(run.id, 'carol')).restored.length, 3)
  t.is(model.content.tagsOf('team/app').length, 4)
})

test('where nobody knows whether an item went, that is found out later', async (t) => {
  let isDown = false
  const { service, model } = await failing(({ what, when, name }) => {
    if (what === 'remove' && when === 'after' && name === 'team/app:old-2') isDown = true
    return isDown
  })
  const run = await service.run('schedule')
  t.is(model.content.find({ kind: 'tag', repository: 'team/app', name: 'old-2' }), undefined)
  const state = async (): Promise<string[]> => (await service.trash()).map((entry) => `${entry.name} ${entry.state}`)
  t.true((await state()).includes('old-2 removing'))
  isDown = false
  await service.run('schedule')
  t.true((await state()).includes('old-2 trashed'))
  t.true((await state()).every((one) => one.endsWith('trashed')))
  t.is((await service.undo(run.id, 'carol')).failed.length, 0)
  t.truthy(model.content.find({ kind: 'tag', repository: 'team/app', name: 'old-2' }))
})

test('what cannot be given back now can be later', async (t) => {
  let isDown = false
  const { service, model } = await failing(
    ({ what, name }) => isDown && what === 'restore' && name === 'team/app:old-2',
  )
  const run = await service.run('schedule')
  isDown = true
  const report = await service.undo(run.id, 'carol')
  t.is(report.restored.length, 2)
  t.like(report.failed, [{ name: 'old-2', message: 'an error of the registry' }])
  isDown = false
  t.is((await service.undo(run.id, 'carol')).restored.length, 1)
  t.is(model.content.tagsOf('team/app').length, 4)
})
