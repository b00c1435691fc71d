import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { createService, type ServiceInner } from '../service/create-service.ts'
import { checkRegistry } from '../service/testing/check-registry.ts'
import { artifactOf, imageOf, indexOf, named, pushArtifact, pushed, subjectOf } from '../service/testing/images.ts'
import type { RegistryService } from '../service/types.ts'
import { gcStateRow } from '../storage/gc-rows.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { beginPurge } from './purge.ts'
import { listReviews } from './queue.ts'
import { sweep } from './sweep.ts'
import type { SweepParts } from './sweep-types.ts'
import { collectedRegistry, day, hour } from './testing/collected-registry.ts'
import { explore, type Scenario, type Stores } from './testing/explore.ts'

const app = named('team/app')
const layer = Buffer.from('layer')
const image = artifactOf(
  {
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(layer), size: layer.length },
    layers: [],
  },
  [layer],
)
const referrer = {
  config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(layer), size: layer.length },
  layers: [],
}
const hashes = createHashPool(1)
test.after(() => hashes.close())

async function isWhole(service: RegistryService): Promise<boolean> {
  try {
    await service.manifests.get(app, { tag: '2' })
    await (await service.blobs.open(app, digestOf(layer))).close()
    return true
  } catch {
    return false
  }
}

/** A manifest is purged while `push` goes on; who was told that it was pushed has all of it. */
async function purging(
  gated: (stores: Stores) => Stores,
  push: (service: RegistryService) => Promise<unknown>,
): Promise<Scenario> {
  const stores = { driver: createMemoryDriver(), metadata: createMemoryMetadata() }
  await stores.metadata.commit({ put: [gcStateRow({ pass: 'done' })] })
  const clock = { now: 1_700_000_000_000, elapsed: 0 }
  let inner: ServiceInner | undefined
  const attach = (given: ServiceInner): { close: () => Promise<void> } => {
    inner = given
    return { close: async () => undefined }
  }
  const clocks = { now: () => clock.now, elapsed: () => clock.elapsed }
  const service = await createService({ ...gated(stores), hashes, lease: () => 1000, ...clocks, attach })
  if (inner === undefined) throw new Error('nothing was attached')
  await pushArtifact(service, app, image, ['1'])
  await service.manifests.remove(app, { tag: '1' })
  clock.now += hour
  clock.elapsed += hour
  const settings = { enabled: true, delay: 0, lease: 1000, untagged: { remove: false, keep: day } }
  const parts: SweepParts = { ...inner, settings: () => settings }
  await beginPurge({ ...parts, roots: [], patience: 1000 }, app, image.digest)
  const gc = async (): Promise<void> => {
    for (let round = 0; round < 4; round++) {
      const due = await listReviews(stores.metadata, { until: clock.now, limit: 100 })
      for (const review of due) await sweep(parts, review, () => undefined)
    }
  }
  const told: { wasPushed?: boolean } = {}
  return {
    actors: {
      push: async () => {
        told.wasPushed = await push(service).then(
          () => true,
          () => false,
        )
      },
      gc,
    },
    check: async () => [
      ...(await checkRegistry(stores)),
      ...(told.wasPushed === true && !(await isWhole(service)) ? ['what was pushed lost something'] : []),
    ],
    end: () => service.close(),
  }
}

const pushes: Readonly<Record<string, (service: RegistryService) => Promise<unknown>>> = {
  'all of it again': (service) => pushArtifact(service, app, image, ['2']),
  'a tag for what is there': (service) => service.manifests.put(app, { tag: '2' }, pushed(image)),
  'a tag given back': async (service) => {
    const given = await service.history.giveBack(app, '2', { to: image.digest })
    if (given !== 'set') throw new Error(given)
  },
}

for (const [what, push] of Object.entries(pushes)) {
  test(`a purge loses nothing of what is pushed meanwhile: ${what}`, async (t) => {
    const { failures, orders } = await explore((gated) => purging(gated, push), { switches: 2 })
    t.deepEqual(failures, [])
    t.true(orders > 20, `${orders}`)
  })
}

test('all goes with what is purged, though manifests without a tag are kept; others’ content stays', async (t) => {
  const gc = { untagged: { remove: false, keep: day }, lease: 0 }
  const { service, collector, metadata } = await collectedRegistry(t, { gc })
  const [shared, own] = [imageOf('shared'), imageOf('own')]
  for (const child of [shared, own]) await pushArtifact(service, app, child)
  const [index, other] = [indexOf([shared, own]), indexOf([shared])]
  await pushArtifact(service, app, index, ['1'])
  await pushArtifact(service, app, other, ['2'])
  const about = imageOf('about', subjectOf(index))
  await pushArtifact(service, app, about)
  const signature = `sha256-${index.digest.slice(7)}.sig`
  await pushArtifact(service, app, imageOf('signature'), [signature])
  t.is(await collector.purge(app, index.digest), 0, 'a tag leads to it')
  await service.manifests.remove(app, { tag: '1' })
  await collector.run({ isNow: true })
  t.is((await service.manifests.get(app, { digest: index.digest })).digest, index.digest)
  t.true((await collector.purge(app, index.digest)) > 0)
  for (const gone of [index, own, about, imageOf('signature')])
    await t.throwsAsync(service.manifests.get(app, { digest: gone.digest }), { code: 'MANIFEST_UNKNOWN' })
  t.is((await service.manifests.get(app, { tag: '2' })).digest, other.digest)
  t.is((await service.manifests.get(app, { digest: shared.digest })).digest, shared.digest)
  t.deepEqual((await service.tags(app, { count: 10, last: undefined })).items, ['2'])
  const rows = await metadata.list({ prefix: 'link ', limit: 100 })
  t.is(rows.length, shared.blobs.length)
})

test('with a purge go all referrers, however many', async (t) => {
  const gc = { untagged: { remove: false, keep: day }, lease: 0 }
  const { service, collector, metadata } = await collectedRegistry(t, { gc })
  const subject = subjectOf(image)
  await pushArtifact(service, app, image)
  for (let i = 0; i < 150; i++)
    await pushArtifact(service, app, artifactOf({ ...referrer, annotations: { i: `${i}` }, ...subject }))
  t.true((await collector.purge(app, image.digest)) > 0)
  t.deepEqual(await metadata.list({ prefix: 'manifest ', limit: 1 }), [])
})

test('what a root keeps is not purged, unless it yields to that; nor is anything while nothing may be', async (t) => {
  let isKept = true
  const root = { name: 'a root', keeps: async () => new Set(isKept ? [image.digest] : []) }
  const yielding = { name: 'a history', yieldsToPurge: true, keeps: async () => new Set([image.digest]) }
  const gc = { lease: 0, untagged: { remove: true, keep: 0 } }
  const { service, collector, settings } = await collectedRegistry(t, { gc, roots: [root, yielding] })
  await pushArtifact(service, app, image)
  t.is(await collector.purge(app, image.digest), 0)
  isKept = false
  settings.enabled = false
  t.true((await collector.purge(app, image.digest)) > 0)
  t.is((await service.manifests.get(app, { digest: image.digest })).digest, image.digest)
  settings.enabled = true
  await collector.run()
  await t.throwsAsync(service.manifests.get(app, { digest: image.digest }), { code: 'NAME_UNKNOWN' })
  t.is(await collector.purge(app, image.digest), 0, 'it is no more')
})
