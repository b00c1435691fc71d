import test, { type ExecutionContext } from 'ava'
import { createMemoryTrustStore } from '../store/open-trust-store.ts'
import { readSnapshot, readTimestamp } from '../tuf/read-metadata.ts'
import type { TestCollection } from '../tuf/testing/collection.ts'
import type { Gun, ServerRole } from '../tuf/types.ts'
import { usualLimits } from './create-service.ts'
import { LiveCollections } from './live-collections.ts'
import { Publisher } from './publisher.ts'
import { Renewals } from './renewals.ts'
import { ServerKeys } from './server-keys.ts'
import { app, send, serviceScene } from './testing/service-scene.ts'

const day = 24 * 60 * 60 * 1000
const lifetimes = { timestamp: 14 * day, snapshot: 1000 * day }

/** Renewals whose passes the test makes, over collections that a service published. */
async function scene(t: ExecutionContext, held: readonly ServerRole[] = ['timestamp', 'snapshot']) {
  const services = serviceScene(t, { lifetimes })
  const { store, signer, clock, service } = services
  const outcomes: string[] = []
  const notices: string[] = []
  const now = (): number => clock.now
  const live = new LiveCollections(store)
  const keys = new ServerKeys({ signer, newNames: 10, now })
  const publisher = new Publisher({ store, live, keys, limits: usualLimits, lifetimes, now })
  const renewals: Renewals = new Renewals({
    store,
    now,
    renew: async (gun, wish) => {
      const outcome = await publisher.renew(gun, wish)
      if (outcome.state !== undefined) renewals.track(outcome.state)
      return outcome
    },
    events: {
      onRenewal: (gun, outcome) => void outcomes.push(`${gun} ${outcome}`),
      onNotice: (notice) => void notices.push(notice),
    },
  })
  t.teardown(() => renewals.close())
  const publish = async (gun: Gun = app): Promise<TestCollection> => {
    const collection = await services.collection({ gun, held })
    await send(service, collection, held.includes('snapshot') ? ['root', 'targets'] : undefined)
    const state = await store.state(gun)
    if (state !== undefined) renewals.track(state)
    return collection
  }
  const versions = async (): Promise<readonly number[]> => {
    const timestamp = await store.file(app, { role: 'timestamp' })
    const snapshot = await store.file(app, { role: 'snapshot' })
    return [timestamp?.version ?? 0, snapshot?.version ?? 0]
  }
  return { ...services, renewals, publish, versions, outcomes, notices }
}

test('a timestamp is signed anew at about half of its life, with the same snapshot', async (t) => {
  const { renewals, publish, versions, clock, store, outcomes } = await scene(t)
  await publish()
  clock.now += 6 * day
  await renewals.pass()
  t.deepEqual(await versions(), [1, 1])
  const before = await store.state(app)
  t.is(renewals.minRemaining(), 8 * day)
  clock.now += 2 * day
  await renewals.pass()
  t.deepEqual(await versions(), [2, 1])
  t.deepEqual(outcomes, [`${app} renewed`])
  t.is(renewals.minRemaining(), 14 * day)
  const file = await store.file(app, { role: 'timestamp' })
  const { signed } = readTimestamp(file?.bytes ?? Buffer.of())
  t.is(signed.expires, clock.now + 14 * day)
  t.is(signed.snapshot.sha256.toString('hex'), before?.files.get('snapshot')?.sha256 ?? '')
  await renewals.pass()
  t.deepEqual(await versions(), [2, 1], 'once')
})

test('a snapshot of the server is signed anew, too, with all that it listed', async (t) => {
  const { renewals, publish, versions, clock, store } = await scene(t)
  await publish()
  const listed = async (): Promise<unknown> => {
    const file = await store.file(app, { role: 'snapshot' })
    return [...readSnapshot(file?.bytes ?? Buffer.of()).signed.meta].map(([role, meta]) => [
      role,
      meta.sha256.toString('hex'),
    ])
  }
  const before = await listed()
  clock.now += 560 * day
  await renewals.pass()
  t.deepEqual(await versions(), [2, 2])
  t.deepEqual(await listed(), before)
})

test("a client's snapshot is left alone, and its timestamp is not signed again and again for that", async (t) => {
  const { renewals, publish, versions, clock } = await scene(t, ['timestamp'])
  await publish()
  clock.now += 3 * 365 * day
  await renewals.pass()
  t.deepEqual(await versions(), [2, 1])
  await renewals.pass()
  await renewals.pass()
  t.deepEqual(await versions(), [2, 1])
})

test('while the signer is down nothing is lost: it is told once, and done when it is back', async (t) => {
  const { renewals, publish, versions, clock, signer, outcomes, notices } = await scene(t)
  await publish()
  clock.now += 10 * day
  signer.setDown(true)
  await renewals.pass()
  await renewals.pass()
  t.deepEqual(await versions(), [1, 1])
  t.is(notices.length, 1)
  t.true(outcomes.every((outcome) => outcome.endsWith('failed')))
  signer.setDown(false)
  await renewals.pass()
  t.deepEqual(await versions(), [2, 1])
  t.deepEqual(outcomes.at(-1), `${app} renewed`)
})

test('a clock that is set back, or far ahead, stops nothing', async (t) => {
  const { renewals, publish, versions, clock } = await scene(t)
  await publish()
  clock.now -= 1000 * day
  await renewals.pass()
  t.deepEqual(await versions(), [1, 1])
  clock.now += 1400 * day
  await renewals.pass()
  t.deepEqual((await versions())[0], 2)
  t.is(renewals.minRemaining(), 14 * day)
})

test('a server that was stopped for long looks through all collections when it starts', async (t) => {
  const store = createMemoryTrustStore()
  const first = serviceScene(t, { store })
  await send(first.service, await first.collection({ held: ['timestamp', 'snapshot'] }), ['root', 'targets'])
  const told = Promise.withResolvers<string>()
  const later = serviceScene(t, {
    store,
    now: () => first.clock.now + 30 * day,
    events: { onRenewal: (_gun, outcome) => told.resolve(outcome), onNotice: (notice) => told.resolve(notice) },
  })
  t.regex(await told.promise, /its keys are not held here/, 'the signer is another one')
  t.is(later.service.minRemainingValidity(), -16 * day)
})

test('who asks for what is expired gets a new one; with the signer down, what there is', async (t) => {
  const scene = serviceScene(t)
  const { service, clock, signer } = scene
  await send(service, await scene.collection({ held: ['timestamp', 'snapshot'] }), ['root', 'targets'])
  clock.now += 20 * day
  signer.setDown(true)
  const signatures = signer.signatures()
  t.is((await service.file(app, { role: 'timestamp' }))?.version, 1)
  t.deepEqual([...(await service.health())], [['signer', 'the signer is down']])
  signer.setDown(false)
  t.is((await service.file(app, { role: 'timestamp' }))?.version, 1, 'not tried again at once')
  clock.now += 6000
  const files = await Promise.all([1, 2, 3].map(() => service.file(app, { role: 'timestamp' })))
  t.deepEqual(
    files.map((file) => file?.version),
    [2, 2, 2],
  )
  t.is(signer.signatures() - signatures, 1, 'they share one')
  t.is((await service.health()).size, 0)
})
