import test from 'ava'
import { createMemoryState } from '../state/open-state.ts'
import { type OpenRetention, openRetention } from './open-retention.ts'
import { createModelInventory, type ModelInventory, type ModelOptions } from './testing/model-inventory.ts'
import { all, start } from './testing/open-model.ts'
import { createTrashKeeper } from './trash-keeper.ts'

async function opened(options: ModelOptions = {}): Promise<OpenRetention & { readonly model: ModelInventory }> {
  const rows = createMemoryState()
  const model = createModelInventory(options)
  model.setTrash(createTrashKeeper(rows))
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const open = await openRetention({ inventory: model, rows, now: () => start, checkCron: () => undefined, log })
  for (const tag of ['1', '2']) model.content.push('team/app', tag, { at: start })
  return { ...open, model }
}

const tag = (name: string) => ({ kind: 'tag', repository: 'team/app', name }) as const

test('items that somebody names go as a run of its own, and come back where that can be', async (t) => {
  const { remove, service, model } = await opened()
  const before = model.state()
  const run = await remove([tag('1'), tag('2')], 'ann')
  t.like(run, { state: 'done', removed: 2, by: 'ann', cause: 'named', planId: '' })
  t.deepEqual(model.content.tagsOf('team/app'), [])
  t.deepEqual(await service.runs(5), [run])
  const audit = await all(service.audit())
  t.deepEqual(
    audit.map(({ action, by }) => `${action} ${by}`),
    ['apply ann', 'remove ann', 'remove ann', 'end ann'],
  )
  t.is((await service.undo(run.id, 'bob')).restored.length, 2)
  t.deepEqual(model.state(), before)
})

test('when one of them must stay none goes', async (t) => {
  const { remove, service, model } = await opened()
  const before = model.state()
  model.content.note(tag('2'), { guards: [{ kind: 'in-use', about: 'container web has it' }] })
  const named = remove([tag('1'), tag('2')], 'ann')
  await t.throwsAsync(named, { code: 'RETENTION_GUARDED', message: /team\/app:2 stays \(IN_USE\): container web/ })
  model.content.note(tag('2'), { guards: [] })
  await service.policies.set('version: 1\nimmutable: [{ repos: "team/.*", tags: "1" }]\n', 'ann')
  await t.throwsAsync(remove([tag('1')], 'ann'), { code: 'RETENTION_GUARDED', message: /IMMUTABLE/ })
  await t.throwsAsync(remove([tag('3')], 'ann'), { code: 'OBJECT_NOT_FOUND', message: /team\/app:3/ })
  await t.throwsAsync(remove([], 'ann'), { code: 'USAGE' })
  t.deepEqual(model.state(), before)
  t.deepEqual(await service.runs(5), [])
})

test('what comes to be in use while it goes stays', async (t) => {
  const { remove, model } = await opened({
    source: 'docker',
    canUndo: false,
    onCall: ({ what, when, name }) => {
      if (what !== 'remove' || when !== 'before' || !name.includes('2')) return
      model.content.note(tag('2'), { guards: [{ kind: 'in-use', about: 'container late has it' }] })
    },
  })
  t.like(await remove([tag('1'), tag('2')], 'ann'), { removed: 1, drifted: 1, state: 'done' })
  t.deepEqual(
    model.content.tagsOf('team/app').map(({ name }) => name),
    ['2'],
  )
})

test('while a run goes on nobody removes anything besides', async (t) => {
  const { promise: mayGo, resolve: go } = Promise.withResolvers<void>()
  const { remove } = await opened({ onCall: async ({ what }) => (what === 'remove' ? mayGo : undefined) })
  const first = remove([tag('1')], 'ann')
  await t.throwsAsync(remove([tag('2')], 'bob'), { code: 'RETENTION_BUSY' })
  go()
  t.like(await first, { removed: 1 })
})
