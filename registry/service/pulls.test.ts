import test from 'ava'
import type { Digest } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { pulledRows, pullsSinceKey } from '../storage/pull-rows.ts'
import { createPulls } from './pulls.ts'
import { imageOf, named, pushArtifact } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'

const app = named('team/app')

async function pulledAt(metadata: RowStore, digest: Digest): Promise<number | undefined> {
  const key = pulledRows.key(app, digest)
  const value = await metadata.get(key)
  return value === undefined ? undefined : pulledRows.parse(key, value).at
}

async function scene() {
  const { service, metadata } = await memoryRegistry()
  const digest = await pushArtifact(service, app, imageOf('one'), ['1'])
  const clock = { now: 1_700_000_000_000 }
  const housekeep = async (work: () => Promise<void>): Promise<void> => work()
  const parts = { metadata, housekeep, now: () => clock.now }
  return { service, metadata, digest, clock, parts, pulls: createPulls(parts) }
}

test('what was pulled is known at once, and written with the next flush', async (t) => {
  const { metadata, digest, clock, pulls } = await scene()
  pulls.note(app, digest)
  clock.now += 1000
  pulls.note(app, digest)
  t.is(pulls.waitingIn(app).get(digest), clock.now)
  t.is(await pulledAt(metadata, digest), undefined)
  await pulls.flush()
  t.is(await pulledAt(metadata, digest), clock.now)
  t.is(pulls.waitingIn(app).get(digest), undefined)
})

test('a later time stays, whatever is written after it', async (t) => {
  const { metadata, digest, clock, pulls } = await scene()
  pulls.note(app, digest)
  await pulls.flush()
  const last = clock.now
  clock.now -= 60_000 // the clock was set back
  pulls.note(app, digest)
  await pulls.flush()
  t.is(await pulledAt(metadata, digest), last)
})

test('nothing is written of a manifest that is gone, also when it goes meanwhile; it goes with its row', async (t) => {
  const { service, metadata, digest, parts } = await scene()
  const racing: RowStore = {
    ...metadata,
    getMany: async (keys) => {
      const values = await metadata.getMany(keys)
      if (keys[0]?.startsWith('manifest') === true && values[0] !== undefined)
        await service.manifests.remove(app, { digest })
      return values
    },
  }
  const pulls = createPulls({ ...parts, metadata: racing })
  pulls.note(app, digest)
  await pulls.flush()
  t.is(await pulledAt(metadata, digest), undefined)
  const again = await pushArtifact(service, app, imageOf('two'), ['2'])
  const calm = createPulls(parts)
  calm.note(app, again)
  await calm.flush()
  t.not(await pulledAt(metadata, again), undefined)
  await service.manifests.remove(app, { digest: again })
  t.is(await pulledAt(metadata, again), undefined)
})

test('what cannot be written waits; and no more is remembered than fits', async (t) => {
  const { metadata, digest, parts } = await scene()
  let mayWrite = false
  const housekeep = async (work: () => Promise<void>): Promise<void> => (mayWrite ? work() : undefined)
  const pulls = createPulls({ ...parts, housekeep }, { most: 1 })
  pulls.note(app, digest)
  pulls.note(app, imageOf('other').digest)
  await pulls.flush()
  t.is(await pulledAt(metadata, digest), undefined)
  t.not(pulls.waitingIn(app).get(digest), undefined)
  t.is(pulls.waitingIn(app).get(imageOf('other').digest), undefined)
  mayWrite = true
  await pulls.flush()
  t.not(await pulledAt(metadata, digest), undefined)
})

test('since when pulls are noted outlives the process; what was pulled last is written when it ends', async (t) => {
  const { service, metadata, digest, clock, pulls, parts } = await scene()
  await pulls.begin()
  const before = await pulls.since()
  clock.now += 1000
  const next = createPulls(parts)
  await next.begin()
  t.is(await next.since(), before)
  t.not(await metadata.get(pullsSinceKey), undefined)
  service.pulled(app, digest)
  const closing: { at?: number | undefined } = {}
  await service.close()
  closing.at = await pulledAt(metadata, digest).catch(() => undefined)
  t.not(closing.at, undefined)
})
