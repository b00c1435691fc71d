import test from 'ava'
import { itemOf } from './item-of.ts'
import { ageing, day, fillModel, openModel, start } from './testing/open-model.ts'

test('why a tag stays or goes, and until when', async (t) => {
  const { service, model } = await openModel({ policy: ageing('propose') })
  fillModel(model)
  const kept = await service.explain('team/app:new')
  t.like(kept.decision, { verdict: 'keep', reason: 'DEFAULT_KEEP' })
  t.is(kept.changesAt, start - day + 30 * day)
  const deleted = await service.explain('team/app:old-1')
  t.like(deleted.decision, { verdict: 'delete', reason: 'DELETE_AGE', rule: 'policies[0].delete[0]' })
  t.true(deleted.rules.some(({ rule, holds }) => rule === 'policies[0].delete[0]' && holds))
  const digest = model.content.pushUntagged('team/app', { text: 'loose', at: start - 8 * day })
  t.like((await service.explain(`team/app@${digest}`)).decision, { reason: 'DELETE_UNTAGGED' })
})

test('what is not there has no reason', async (t) => {
  const { service, model } = await openModel()
  const digest = model.content.push('team/app', 'new', { at: start })
  for (const what of ['team/app:old', 'team/other:new', `team/app@${digest}`, 'volume data'])
    await t.throwsAsync(service.explain(what), { code: 'OBJECT_NOT_FOUND' }, what)
})

test('of other repositories nobody learns whether something is there', async (t) => {
  const { service, model } = await openModel()
  fillModel(model)
  const within = (repository: string): boolean => repository === 'team/other'
  for (const what of ['team/app:new', 'team/app:none'])
    await t.throwsAsync(service.explain(what, within), {
      code: 'OBJECT_NOT_FOUND',
      message: `registry has no ${what}`,
    })
  t.is((await service.explain('team/app:new', (repository) => !within(repository))).decision.item.name, 'new')
})

const digest = `sha256:${'0'.repeat(64)}`
const names: Readonly<Record<string, ReturnType<typeof itemOf>>> = {
  'app:v1': { kind: 'tag', repository: 'app', name: 'v1' },
  'localhost:5000/team/app:v1': { kind: 'tag', repository: 'localhost:5000/team/app', name: 'v1' },
  [`app@${digest}`]: { kind: 'untagged', repository: 'app', name: digest },
  [`<none>@${digest}`]: { kind: 'untagged', repository: '<none>', name: digest },
  'volume data': { kind: 'volume', repository: '', name: 'data' },
  'cache abc': { kind: 'cache', repository: '', name: 'abc' },
}
for (const [what, name] of Object.entries(names)) {
  test(`an item is named by ${what}`, (t) => t.deepEqual(itemOf(what), name))
}

for (const what of [
  '',
  'app',
  'app:',
  ':v1',
  'app@sha256:12',
  'volume',
  'volume a b',
  'a b:c',
  `a:${'x'.repeat(2000)}`,
]) {
  test(`no item is named by ${JSON.stringify(what.slice(0, 20))}`, (t) => {
    t.throws(() => itemOf(what), { code: 'USAGE' })
  })
}
