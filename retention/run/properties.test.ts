import test from 'ava'
import fc from 'fast-check'
import { createModelInventory, type ModelInventory } from './testing/model-inventory.ts'
import { all, day, openModel, previewed, start } from './testing/open-model.ts'

const push = fc.record({
  repository: fc.constantFrom('a', 'team/app', 'team/app-2'),
  tag: fc.constantFrom('v1', 'v2', 'pr-1', 'pr-2', 'pr-3', 'latest'),
  text: fc.constantFrom('one', 'two', 'three', 'four'),
  age: fc.nat({ max: 60 }),
  pulled: fc.option(fc.nat({ max: 60 }), { nil: undefined }),
})

const policies = fc.record({
  keep: fc.constantFrom('[]', '[{ mostRecent: { n: 1, by: pushed } }]', '[{ pulledWithin: 10d }]'),
  tags: fc.constantFrom('{}', "{ delete: ['pr-.*'] }", "{ keep: ['v.*'] }"),
  age: fc.constantFrom('0', '10d', '40d'),
  limits: fc.constantFrom(
    'maxTags: none, maxPercentPerRepo: none',
    'maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 3',
  ),
})

type Push = typeof push extends fc.Arbitrary<infer T> ? T : never

function modelOf(pushes: readonly Push[], pageSize: number): ModelInventory {
  const model = createModelInventory({ pageSize })
  for (const { repository, tag, text, age, pulled } of pushes) {
    const at = start - age * day
    const pulledAt = pulled === undefined ? {} : { pulledAt: start - pulled * day }
    model.content.push(repository, tag, { at, text, layers: { [text]: 500, base: 1000 }, ...pulledAt })
  }
  return model
}

test('whatever there is and whatever the policy: preview, plan and run agree, twice is once, and all comes back', async (t) => {
  const data = { pushes: fc.array(push, { maxLength: 15 }), policy: policies, pageSize: fc.integer({ min: 1, max: 5 }) }
  await fc.assert(
    fc.asyncProperty(fc.record(data), async ({ pushes, policy, pageSize }) => {
      const model = modelOf(pushes, pageSize)
      const { keep, tags, age, limits } = policy
      const rules = `id: all, tags: ${tags}, keep: ${keep}, delete: [{ olderThan: { pushed: ${age} } }]`
      const text = `version: 1\nmode: enforce\nlimits: { ${limits} }\npolicies: [{ ${rules} }]\n`
      const { service } = await openModel({ model, policy: text })
      const before = tagsIn(model)
      const lines = await previewed(service, { only: 'delete' })
      const goes = lines.flatMap((line) =>
        line.kind === 'decision' ? [`${line.decision.item.repository} ${line.decision.item.name}`] : [],
      )
      const plan = await service.plan('bob')
      const planned = (await all(service.planned(plan.id))).map(({ repository, name }) => `${repository} ${name}`)
      t.deepEqual(planned.sort(), goes.sort())
      const run = await service.apply(plan.id, 'bob')
      t.like(run, { state: 'done', removed: goes.length, drifted: 0, gone: 0, failed: 0 })
      const left = tagsIn(model)
      t.deepEqual(
        [...left, ...goes].map((one) => one.split(' ').slice(0, 2).join(' ')).sort(),
        before.map((one) => one.split(' ').slice(0, 2).join(' ')).sort(),
      )
      t.is((await service.run('bob')).removed, 0)
      t.deepEqual(tagsIn(model), left)
      if (goes.length > 0) t.deepEqual((await service.undo(run.id, 'bob')).failed, [])
      t.deepEqual(tagsIn(model), before)
      await service.purge('all', 'bob')
      t.deepEqual(tagsIn(model), before, 'nothing of what came back is purged')
      for (const { repository } of model.content.repositories())
        for (const { digest } of model.content.tagsOf(repository)) t.true(model.content.hasManifest(repository, digest))
    }),
    { numRuns: 60 },
  )
})

function tagsIn({ content }: ModelInventory): string[] {
  return content
    .repositories()
    .flatMap(({ repository }) =>
      content.tagsOf(repository).map(({ name, digest }) => `${repository} ${name} ${digest}`),
    )
    .sort()
}
