import test, { type ExecutionContext } from 'ava'
import { type Killable, type KillableOptions, openKillable } from './testing/killed.ts'
import { all, day, type OpenModel } from './testing/open-model.ts'

/** Numbers from 0 to below 1, the same each time. */
function randomOf(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

interface Story {
  readonly options: KillableOptions
  /** What the process was doing before, which goes well. */
  readonly before?: (open: Killable) => Promise<void>
  /** What it is killed in. */
  readonly work: (open: Killable) => Promise<unknown>
  readonly after: (t: ExecutionContext, open: OpenModel, at: string) => Promise<void>
  /** Between two calls that it is killed at. */
  readonly step: number
  /** True where what is in the trash may be there: it came back, and nobody noted that. */
  readonly mayBeBack?: boolean
}

async function killEverywhere(t: ExecutionContext, story: Story): Promise<void> {
  const { options, before, work, after, step } = story
  const whole = await openKillable(options)
  await before?.(whole)
  whole.killAfter(Number.POSITIVE_INFINITY)
  await work(whole)
  const calls = whole.calls()
  t.true(calls > 10)
  for (let kill = 0; kill <= calls; kill += step) {
    const open = await openKillable(options)
    await before?.(open)
    open.killAfter(kill)
    await work(open).catch(() => undefined)
    const reopened = await open.reopen(randomOf(kill))
    await isInOrder(t, reopened, story, `killed at call ${kill} of ${calls}`)
    await after(t, reopened, `killed at call ${kill} of ${calls}`)
    await isInOrder(t, reopened, story, `and afterwards, killed at call ${kill} of ${calls}`)
  }
}

/** What must hold of rows and repositories together whenever a process has opened them. */
async function isInOrder(
  t: ExecutionContext,
  { service, model, rows }: OpenModel,
  { options: { canUndo = true }, mayBeBack = false }: Story,
  at: string,
): Promise<void> {
  const entries = await service.trash()
  const tags = new Map(model.content.tagsOf('team/app').map(({ name, digest }) => [name, digest]))
  for (const { name, digest, state, kind } of entries) {
    t.is(state, 'trashed', at)
    if (kind === 'tag' && !mayBeBack) t.not(tags.get(name), digest, `${name} is in the trash and there, ${at}`)
    t.true(model.content.hasManifest('team/app', digest), `${name} could come back, ${at}`)
  }
  const names = new Set(entries.map(({ name }) => name))
  t.is(names.size, entries.length, `each is there once, ${at}`)
  const bytes = entries.reduce((sum, { size }) => sum + size, 0)
  const { trash, isRunning } = await service.status()
  t.like(trash, { entries: entries.length, bytes }, at)
  t.false(isRunning)
  const audit = await all(service.audit())
  const removed = audit.filter(({ action }) => action === 'remove').length
  const left = audit.filter(({ action }) => action === 'undo' || action === 'purge').length
  if (canUndo) t.is(removed - left, entries.length, `the log tells of all that is in the trash, ${at}`)
  t.deepEqual(await rows.list({ prefix: 'removing ', limit: 1 }), [], at)
}

function tagsOf(model: OpenModel['model']): readonly string[] {
  return model.content.tagsOf('team/app').map(({ name }) => name)
}

/** Applies the plan that waits, or a new one, and gives all back. */
async function applied(t: ExecutionContext, { service, model }: OpenModel, at: string, old: number): Promise<void> {
  const [found] = await service.plans()
  const plan = found ?? (await service.plan('bob'))
  const run = await service.apply(plan.id, 'bob')
  t.is(run.state, 'done', at)
  t.is(run.removed, old, at)
  t.like(run, { drifted: 0, failed: 0, gone: 0 }, at)
  t.deepEqual(tagsOf(model), ['new'], at)
  t.is((await service.trash()).length, old, at)
  t.is((await service.plan('bob')).totals.deleted, 0, at)
}

async function givenBack(t: ExecutionContext, { service, model }: OpenModel, at: string, old: number): Promise<void> {
  const [run] = (await service.runs(10)).filter(({ removed }) => removed > 0)
  const report = await service.undo(run?.id ?? '', 'carol')
  t.deepEqual(report.failed, [], at)
  t.is(model.content.tagsOf('team/app').length, old + 1, at)
  t.is((await service.trash()).length, 0, at)
}

const planAndApply = async ({ service }: Killable): Promise<unknown> => {
  const plan = await service.plan('bob')
  return service.apply(plan.id, 'bob')
}

test('killed at any call of a plan and its run: the next process ends it, and all comes back', async (t) => {
  await killEverywhere(t, {
    options: { old: 3 },
    work: planAndApply,
    after: async (_, open, at) => {
      await applied(t, open, at, 3)
      await givenBack(t, open, at, 3)
    },
    step: 1,
  })
})

test('killed at some calls of a run of several parts', async (t) => {
  await killEverywhere(t, {
    options: { old: 70 },
    work: planAndApply,
    after: async (_, open, at) => {
      await applied(t, open, at, 70)
      await givenBack(t, open, at, 70)
    },
    step: 29,
  })
})

test('killed at any call while a run is given back: the rest can be', async (t) => {
  await killEverywhere(t, {
    options: { old: 3 },
    before: async (open) => void (await planAndApply(open)),
    work: async ({ service }) => {
      const [run] = await service.runs(1)
      await service.undo(run?.id ?? '', 'carol')
    },
    after: async (_, open, at) => {
      const [run] = await open.service.runs(1)
      if (run?.restored !== 3) await givenBack(t, open, at, 3)
      t.is(open.model.content.tagsOf('team/app').length, 4, at)
    },
    step: 1,
    mayBeBack: true,
  })
})

test('killed at any call of a purge: what left the trash is freed by the next', async (t) => {
  await killEverywhere(t, {
    options: { old: 3 },
    before: async (open) => {
      await planAndApply(open)
      open.clock.now += 7 * day
    },
    work: async ({ service }) => service.purge('due', 'schedule'),
    after: async (_, open, at) => {
      await open.service.purge('due', 'schedule')
      t.deepEqual(await open.service.trash(), [], at)
      t.is([...open.model.content.manifests()].length, 1, at)
      const [run] = await open.service.runs(1)
      t.is(run?.purged, 3, at)
      await t.throwsAsync(open.service.undo(run?.id ?? '', 'carol'), { code: 'RETENTION_PURGED' })
    },
    step: 1,
  })
})

test('killed where nothing can come back: the next process ends it, and tells of all that went', async (t) => {
  await killEverywhere(t, {
    options: { old: 3, canUndo: false },
    work: planAndApply,
    after: async (_, { service, model }, at) => {
      const [found] = await service.plans()
      const plan = found ?? (await service.plan('bob'))
      t.like(await service.apply(plan.id, 'bob'), { state: 'done', removed: 3, gone: 0 }, at)
      t.deepEqual(tagsOf(model), ['new'], at)
      t.is((await all(service.audit())).filter(({ action }) => action === 'remove').length, 3, at)
    },
    step: 1,
  })
})
