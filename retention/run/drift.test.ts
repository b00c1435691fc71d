import test from 'ava'
import { ageing, all, fillModel, type OpenModel, openModel, start } from './testing/open-model.ts'
import type { Plan } from './types.ts'

const old = (n: number): { kind: 'tag'; repository: string; name: string } => ({
  kind: 'tag',
  repository: 'team/app',
  name: `old-${n}`,
})

async function opened(): Promise<OpenModel> {
  const open = await openModel({ policy: ageing('propose') })
  fillModel(open.model)
  return open
}

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
