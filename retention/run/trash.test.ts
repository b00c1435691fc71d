import test from 'ava'
import { ageing, all, day, fillModel, type OpenModel, openModel, start } from './testing/open-model.ts'
import { createTrashKeeper } from './trash-keeper.ts'

async function cleaned(onCall?: Parameters<typeof openModel>[0]): Promise<OpenModel & { readonly runId: string }> {
  const open = await openModel({ policy: ageing('enforce'), ...onCall })
  fillModel(open.model)
  const run = await open.service.run('schedule')
  return { ...open, runId: run.id }
}

test('what a run removed is in the trash, and comes back as it was', async (t) => {
  const open = await openModel({ policy: ageing('enforce') })
  fillModel(open.model)
  open.model.content.pushUntagged('team/app', { text: 'loose', at: start - 8 * day })
  const before = open.model.state()
  const run = await open.service.run('schedule')
  const entries = await open.service.trash()
  t.deepEqual(entries.map(({ kind, name }) => (kind === 'tag' ? name : kind)).sort(), [
    'old-1',
    'old-2',
    'old-3',
    'untagged',
  ])
  t.true(
    entries.every(
      ({ purgeAt, state, runId }) => purgeAt === start + 7 * day && state === 'trashed' && runId === run.id,
    ),
  )
  t.like((await open.service.status()).trash, { entries: 4, bytes: 4400, nextPurgeAt: start + 7 * day })
  const report = await open.service.undo(run.id, 'carol')
  t.is(report.restored.length, 4)
  t.deepEqual(report.failed, [])
  t.deepEqual(open.model.state(), before)
  t.like((await open.service.status()).trash, { entries: 0, bytes: 0, nextPurgeAt: undefined })
  t.like((await open.service.runs(1))[0], { removed: 4, restored: 4, purged: 0 })
  await t.throwsAsync(open.service.undo(run.id, 'carol'), { code: 'OBJECT_NOT_FOUND', message: /given back already/ })
})

test('one entry comes back alone', async (t) => {
  const { service, model, runId } = await cleaned()
  const entry = (await service.trash()).find(({ name }) => name === 'old-2')
  t.is(entry?.runId, runId)
  const report = await service.undo(entry?.id ?? '', 'carol')
  t.deepEqual(report.restored, [{ kind: 'tag', repository: 'team/app', name: 'old-2', as: 'old-2' }])
  t.deepEqual(
    model.content
      .tagsOf('team/app')
      .map(({ name }) => name)
      .sort(),
    ['new', 'old-2'],
  )
  await t.throwsAsync(service.undo(entry?.id ?? '', 'carol'), { code: 'OBJECT_NOT_FOUND' })
  t.is((await service.undo(runId, 'carol')).restored.length, 2, 'the others of the run')
})

test('a tag that is used again is restored under another name, of which there are enough', async (t) => {
  const { service, model, runId, clock } = await cleaned()
  clock.now = start + day
  model.content.push('team/app', 'old-1', { at: clock.now, text: 'another' })
  model.content.push('team/app', 'old-2', { at: clock.now, text: 'another' })
  model.content.push('team/app', 'old-2-restored-20260302', { at: clock.now, text: 'a third' })
  const { restored } = await service.undo(runId, 'carol')
  t.deepEqual(restored.map(({ as }) => as).sort(), ['old-1-restored-20260302', 'old-2-restored-20260302-2', 'old-3'])
})

test('a name that is long is cut for it', async (t) => {
  const long = `old-${'x'.repeat(124)}`
  const open = await openModel({ policy: ageing('enforce') })
  open.model.content.push('team/app', long, { at: start - 40 * day })
  const run = await open.service.run('schedule')
  open.model.content.push('team/app', long, { at: start, text: 'another' })
  const { restored } = await open.service.undo(run.id, 'carol')
  t.is(restored[0]?.as, `${long.slice(0, 128 - 18)}-restored-20260301`)
  t.is(restored[0]?.as.length, 128)
})

test('what is over its time is purged, then it is no more', async (t) => {
  const { service, model, runId, clock } = await cleaned()
  const [entry] = await service.trash()
  const digest = entry?.digest ?? ''
  t.true(model.content.hasManifest('team/app', digest))
  t.deepEqual(await service.purge('due', 'schedule'), { purged: 0, bytes: 0 })
  clock.now = start + 7 * day
  t.deepEqual(await service.purge('due', 'schedule'), { purged: 3, bytes: 3300 })
  t.false(model.content.hasManifest('team/app', digest))
  await t.throwsAsync(service.undo(runId, 'carol'), { code: 'RETENTION_PURGED' })
  await t.throwsAsync(service.undo(entry?.id ?? '', 'carol'), { code: 'RETENTION_PURGED' })
  await t.throwsAsync(service.purge({ ids: [entry?.id ?? ''] }, 'carol'), { code: 'RETENTION_PURGED' })
  t.deepEqual(await service.trash(), [])
  t.like((await service.runs(1))[0], { purged: 3 })
})

test('what is named is purged alone, and all of what is named is there', async (t) => {
  const { service, runId } = await cleaned()
  const [first, second] = await service.trash()
  const ids = [first?.id ?? '', second?.id ?? '']
  await t.throwsAsync(service.purge({ ids: [...ids, `${runId}-99`] }, 'carol'), { code: 'OBJECT_NOT_FOUND' })
  await t.throwsAsync(service.purge({ ids: ['../x'] }, 'carol'), { code: 'OBJECT_NOT_FOUND' })
  t.is((await service.trash()).length, 3)
  t.deepEqual(await service.purge({ ids }, 'carol'), { purged: 2, bytes: 2200 })
  t.is((await service.undo(runId, 'carol')).restored.length, 1)
  t.deepEqual(await service.purge('all', 'carol'), { purged: 0, bytes: 0 })
})

test('content that two tags led to stays until both are purged', async (t) => {
  const open = await openModel({ policy: ageing('enforce') })
  const digest = open.model.content.push('team/app', 'old-a', { at: start - 40 * day, text: 'same' })
  open.model.content.push('team/app', 'old-b', { at: start - 40 * day, text: 'same' })
  await open.service.run('schedule')
  const [first, second] = await open.service.trash()
  t.is((await open.service.purge({ ids: [first?.id ?? ''] }, 'carol')).bytes, 0)
  t.true(open.model.content.hasManifest('team/app', digest))
  t.is((await open.service.purge({ ids: [second?.id ?? ''] }, 'carol')).bytes, 1100)
  t.false(open.model.content.hasManifest('team/app', digest))
})

test('what cannot be freed is freed later', async (t) => {
  let isDown = false
  const open = await openModel({
    policy: ageing('enforce'),
    onCall: ({ what }) => {
      if (what === 'purge' && isDown) throw new Error('the registry is down')
    },
  })
  fillModel(open.model)
  await open.service.run('schedule')
  isDown = true
  t.deepEqual(await open.service.purge('all', 'carol'), { purged: 3, bytes: 0 })
  t.true(open.notices.includes('what was purged from the trash could not be freed yet'))
  t.is([...open.model.content.manifests()].length, 4)
  isDown = false
  await open.service.purge('due', 'schedule')
  t.is([...open.model.content.manifests()].length, 1)
})

test('of much that cannot be freed the rest is freed nevertheless', async (t) => {
  let failing = Number.POSITIVE_INFINITY
  const open = await openModel({
    policy: ageing('enforce'),
    onCall: ({ what, when }) => {
      if (what === 'purge' && when === 'before' && failing-- > 0) throw new Error('this one cannot be freed')
    },
  })
  fillModel(open.model, 120)
  await open.service.run('schedule')
  t.like(await open.service.purge('all', 'carol'), { purged: 120 })
  t.is([...open.model.content.manifests()].length, 121)
  failing = 110
  await open.service.purge('due', 'schedule')
  t.is([...open.model.content.manifests()].length, 111)
})

test('on a full disk the oldest go before their time, as many as are needed', async (t) => {
  const space = { free: 1000, size: 100_000 }
  const policy = ageing('enforce').replace('days: 7', 'days: 7, purgeOnDiskBelow: 5%')
  const open = await openModel({ policy, disk: async () => space })
  fillModel(open.model, 30)
  await open.service.run('schedule')
  t.deepEqual(await open.service.purge('due', 'schedule'), { purged: 4, bytes: 4400 }, '4000 are missing')
  t.is((await open.service.purge('due', 'schedule')).purged, 0, 'and not again until that is freed')
  open.clock.now += day
  space.free = 5000
  t.is((await open.service.purge('due', 'schedule')).purged, 0)
  space.free = 4999
  t.is((await open.service.purge('due', 'schedule')).purged, 1)
  t.is((await open.service.trash()).length, 25)
})

test('the trash says what it keeps, and until when', async (t) => {
  const open = await openModel({ policy: ageing('enforce') })
  fillModel(open.model)
  const digests = open.model.content.tagsOf('team/app').map(({ digest }) => digest)
  const trash = createTrashKeeper(open.rows)
  await open.service.run('schedule')
  t.deepEqual([...(await trash.keeps('team/app', digests))], digests.slice(0, 3))
  t.is((await trash.keeps('team/other', digests)).size, 0)
  t.is(await trash.until('team/app', digests[0] ?? ''), start + 7 * day)
  t.is(await trash.until('team/app', digests[3] ?? ''), undefined)
  await open.service.purge('all', 'carol')
  t.is((await trash.keeps('team/app', digests)).size, 0)
})

test('the trash is listed page by page, the newest first, also of one repository', async (t) => {
  const open = await openModel({ policy: ageing('enforce') })
  fillModel(open.model, 20)
  open.model.content.push('team/other', 'old', { at: start - 50 * day })
  const first = await open.service.run('schedule')
  open.model.content.push('team/other', 'old-2', { at: start - 50 * day })
  const second = await open.service.run('schedule')
  const pages: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await open.service.trash({ limit: 8, ...(after !== undefined && { after }) })
    if (page.length === 0) break
    pages.push(...page.map(({ id }) => id))
    after = page.at(-1)?.id
  }
  t.is(pages.length, 22)
  t.is(new Set(pages).size, 22)
  t.true(pages[0]?.startsWith(second.id))
  t.true(pages[1]?.startsWith(first.id))
  const other = await open.service.trash({ repository: 'team/other' })
  t.deepEqual(
    other.map(({ name }) => name),
    ['old-2', 'old'],
  )
})

test('where nothing comes back there is no trash, and the run says what it freed', async (t) => {
  const open = await openModel({ source: 'docker', canUndo: false, policy: ageing('enforce') })
  fillModel(open.model)
  const run = await open.service.run('schedule')
  t.like(run, { state: 'done', removed: 3, freed: 3300 })
  t.deepEqual(await open.service.trash(), [])
  t.like((await open.service.status()).trash, { entries: 0, bytes: 0 })
  await t.throwsAsync(open.service.undo(run.id, 'carol'), { code: 'RETENTION_PURGED' })
  t.is((await all(open.service.audit())).filter(({ action }) => action === 'remove').length, 3)
})

test('what frees nothing is not given up for space', async (t) => {
  let isDown = false
  const policy = ageing('enforce').replace('days: 7', 'days: 7, purgeOnDiskBelow: 50%')
  const open = await openModel({
    policy,
    disk: async () => ({ free: 0, size: 10_000_000 }),
    onCall: ({ what }) => {
      if (isDown && what === 'purge') throw new Error('the registry is down')
    },
  })
  fillModel(open.model, 300)
  await open.service.run('schedule')
  isDown = true
  t.deepEqual(await open.service.purge('due', 'schedule'), { purged: 100, bytes: 0 })
  t.is((await open.service.status()).trash.entries, 200)
})
