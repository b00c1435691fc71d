import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { openState } from '../state/open-state.ts'
import { ageing, all, fillModel, openModel } from './testing/open-model.ts'
import { createTrashKeeper } from './trash-keeper.ts'

const schedule = {
  schedule: '{"kind":"every"}',
  handledAt: 1,
  lastAt: 1,
  nextAt: 2,
  failures: 0,
  triggers: { 'triggers[0]': 3 },
}

test('policies, plans, runs and the trash are there when the database is opened again', async (t) => {
  const folder = join(temporaryFolder(t), 'db')
  const first = await openModel({ rows: await openState({ folder, ballast: 0 }), policy: ageing('propose') })
  const { model, clock } = first
  fillModel(model, 80)
  const waiting = await first.service.run('schedule')
  await t.throwsAsync(openState({ folder, ballast: 0 }), { code: 'SERVER_BUSY' })
  await first.jobs.setSchedule(schedule)
  const mirror = {
    image: 'docker.io/library/ubuntu:24.04',
    lastAt: 1,
    nextAt: 2,
    digest: undefined,
    error: 'no',
    failures: 1,
  }
  await first.jobs.setMirror(mirror)
  await first.service.close()

  const second = await openModel({ rows: await openState({ folder, ballast: 0 }), model, clock })
  t.is((await second.service.policies.show()).text, ageing('propose'))
  t.like(await second.service.apply(waiting.planId, 'carol'), { state: 'done', removed: 80 })
  t.like(await second.service.status(), {
    nextRunAt: 2,
    mirror: [{ image: mirror.image, lastAt: 1, digest: undefined, error: 'no' }],
    trash: { entries: 80, bytes: 80 * 1100 },
  })
  await second.service.close()

  const rows = await openState({ folder, ballast: 0 })
  const third = await openModel({ rows, model, clock })
  const [entry] = await third.service.trash()
  t.true((await createTrashKeeper(rows).keeps('team/app', [entry?.digest ?? ''])).has(entry?.digest ?? ''))
  const [run] = await third.service.runs(10)
  t.like(run, { state: 'done', by: 'carol' })
  t.is((await third.service.undo(run?.id ?? '', 'carol')).restored.length, 80)
  t.deepEqual(await third.jobs.schedule(), schedule)
  await third.jobs.forgetMirror(mirror.image)
  t.deepEqual(await third.jobs.mirrors(), [])
  const actions = (await all(third.service.audit())).map(({ action }) => action)
  t.is(actions.filter((action) => action === 'remove').length, 80)
  t.is(actions.filter((action) => action === 'undo').length, 80)
  await third.service.close()
})
