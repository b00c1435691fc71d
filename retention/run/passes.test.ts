import test from 'ava'
import type { ItemName } from '../facts.ts'
import { createModelInventory, type ModelInventory } from './testing/model-inventory.ts'
import { openModel, start } from './testing/open-model.ts'

const policy = (limit: Readonly<Record<string, number | string>> = {}): string => `version: 1
mode: enforce
default: delete
limits: ${JSON.stringify({ maxTags: 'none', maxPercentPerRepo: 'none', minRemainingPerRepo: 0, ...limit })}
policies: [{ id: all, tags: { keep: ['kept'] } }]
`
const names = ['c', 'b', 'a']
const tagOf = (name: string): ItemName => ({ kind: 'tag', repository: 'app', name })

/** Each but the first is made from the one before, and held by it: `c` by nothing, `b` by `c`, `a` by `b`. */
function chain(isInPasses: boolean, onRemove: (name: string) => void = () => {}): ModelInventory {
  const model = createModelInventory({
    source: 'docker',
    canUndo: false,
    onCall: ({ what, when, name }) => {
      if (what !== 'remove') return
      if (when === 'before') return onRemove(name)
      const next = names[names.indexOf(name.slice('app:'.length)) + 1]
      if (next !== undefined) model.content.note(tagOf(next), { guards: [] })
    },
  })
  for (const [i, tag] of names.entries()) {
    const guards = i === 0 ? [] : [{ kind: 'in-use' as const, about: `app:${names[i - 1]} was made from it` }]
    model.content.push('app', tag, { at: start - i, guards })
  }
  model.content.push('app', 'kept', { at: start })
  return Object.assign(model, { isInPasses })
}

test('runs follow each other until nothing more goes', async (t) => {
  const { service } = await openModel({ model: chain(true), policy: policy() })
  const run = await service.run('ann')
  t.is(run.removed, 3)
  t.is(run.state, 'done')
  t.deepEqual(
    (await service.runs(9)).map(({ removed }) => removed),
    [1, 1, 1],
  )
  t.deepEqual(
    (await service.plans()).map(({ state }) => state),
    ['dropped', 'applied', 'applied', 'applied'],
  )
  t.is((await service.run('ann')).removed, 0)
})

test('one pass alone where limits are for what goes at a time, and where nothing holds others', async (t) => {
  for (const limit of [{ maxTags: 5 }, { maxPercentPerRepo: 90 }, { maxBytes: '1GiB' }]) {
    const { service } = await openModel({ model: chain(true), policy: policy(limit) })
    t.is((await service.run('ann')).removed, 1, JSON.stringify(limit))
  }
  const { service } = await openModel({ model: chain(false), policy: policy() })
  t.is((await service.run('ann')).removed, 1)
})

test('what cannot be removed makes no loop', async (t) => {
  const tries: string[] = []
  const model = chain(true, (name) => {
    tries.push(name)
    if (name === 'app:b') throw new Error('the disk does not let go')
  })
  const { service } = await openModel({ model, policy: policy() })
  const run = await service.run('ann')
  t.is(run.removed, 1)
  t.is(run.failed, 1)
  t.deepEqual(tries, ['app:c', 'app:b'])
  t.is((await service.run('ann')).removed, 0)
  t.deepEqual(tries, ['app:c', 'app:b'], 'not tried again at once')
})
