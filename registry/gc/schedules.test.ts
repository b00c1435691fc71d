import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createService, type ServiceInner } from '../service/create-service.ts'
import { checkRegistry } from '../service/testing/check-registry.ts'
import { artifactOf, imageOf, indexOf, named, pushArtifact, pushBlob, pushed } from '../service/testing/images.ts'
import type { RegistryService } from '../service/types.ts'
import { gcStateRow } from '../storage/gc-rows.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { listReviews } from './queue.ts'
import { sweep } from './sweep.ts'
import type { SweepParts } from './sweep-types.ts'
import { type Explored, type ExploreOptions, explore, type Scenario, type Stores } from './testing/explore.ts'

const [app, other] = [named('team/app'), named('other')]
const layer = Buffer.from('layer')
const digest = digestOf(layer)
const image = artifactOf({
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: layer.length },
  layers: [],
})
const ref = { tag: '1' }
const hashes = createHashPool(1)
test.after(() => hashes.close())

/** What is switched off, to see that it is missed. */
type Without = 'leases' | 'waiting' | 'lock' | 'recheck'

interface Model {
  readonly service: RegistryService
  /** Without turns: to look when all is over. */
  readonly stores: Stores
  /** Looks at all that is due. */
  readonly collect: () => Promise<void>
}

/** What clients do, as a name and what they rely on afterwards. */
interface Client {
  readonly prepare: (service: RegistryService) => Promise<unknown>
  readonly acts: Readonly<Record<string, (model: Model) => Promise<unknown>>>
  /** What clients were told and is not so. */
  readonly lies?: (model: Model, told: ReadonlyMap<string, unknown>) => Promise<readonly string[]>
}

async function schedules(client: Client, options: ExploreOptions, without: readonly Without[] = []): Promise<Explored> {
  return explore(async (gated) => scenario(client, gated, without), options)
}

async function scenario(
  { prepare, acts, lies }: Client,
  gated: (stores: Stores) => Stores,
  without: readonly Without[],
): Promise<Scenario> {
  const stores = { driver: createMemoryDriver(), metadata: createMemoryMetadata() }
  await stores.metadata.commit({ put: [gcStateRow({ pass: 'done' })] })
  const clock = { now: 1_700_000_000_000, elapsed: 0 }
  let inner: ServiceInner | undefined
  const { driver, metadata } = gated(stores)
  const service = await createService({
    driver,
    metadata: without.includes('recheck') ? unchecked(metadata) : metadata,
    hashes,
    lease: () => 1000,
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    attach: (given) => {
      inner = given
      return { close: async () => undefined }
    },
  })
  if (inner === undefined) throw new Error('nothing was attached')
  await prepare(service)
  clock.now += 3_600_000
  clock.elapsed += 3_600_000
  const settings = { enabled: true, delay: 0, lease: 1000, untagged: { remove: true, keep: 0 } }
  const parts = weakened({ ...inner, settings: () => settings }, without)
  const due = await listReviews(stores.metadata, { until: clock.now, limit: 100 })
  const collect = async (): Promise<void> => {
    for (const review of due) await sweep(parts, review, () => undefined)
  }
  const model = { service, stores, collect }
  const told = new Map<string, unknown>()
  const actors = Object.fromEntries(
    Object.entries(acts).map(([name, act]) => [
      name,
      async () => {
        told.set(name, await act(model))
      },
    ]),
  )
  return {
    actors: { ...actors, gc: collect },
    check: async () => [...(await checkRegistry(stores)), ...((await lies?.(model, told)) ?? [])],
    end: () => service.close(),
  }
}

function weakened(parts: SweepParts, without: readonly Without[]): SweepParts {
  const { leases } = parts
  const claims: Readonly<Record<string, typeof leases.claim>> = {
    leases: () => () => undefined,
    // Whoever asks for a lease meanwhile does not learn of it.
    waiting: (name, of) => (leases.left(name, of) > 0 ? undefined : () => undefined),
  }
  const claim = without.map((each) => claims[each]).find((each) => each !== undefined)
  return {
    ...parts,
    ...(claim !== undefined && { leases: { ...leases, claim } }),
    ...(without.includes('lock') && { locks: { ...parts.locks, run: async (_digest, work) => work() } }),
  }
}

/** Changes that expect nothing of what is not their own. */
function unchecked(metadata: RowStore): RowStore {
  return { ...metadata, commit: (change) => metadata.commit({ ...change, expectNone: [] }) }
}

const isThere = async ({ service }: Model, name = app): Promise<boolean> => {
  try {
    const reader = await service.blobs.open(name, digest)
    await reader.close()
    return true
  } catch {
    return false
  }
}

/** A client that asks for the blob, pushes it when it is not there, and then the manifest. */
const asking: Client = {
  prepare: (service) => pushBlob(service, app, layer),
  acts: {
    push: async ({ service }) => {
      await service.lease(app, digest)
      const isKnown = await service.blobs.size(app, digest).then(
        () => true,
        () => false,
      )
      if (!isKnown) await pushBlob(service, app, layer)
      return service.manifests.put(app, ref, pushed(image)).then(
        () => 'pushed',
        (error: unknown) => `refused: ${String(error)}`,
      )
    },
  },
  lies: async (model, told) => {
    if (told.get('push') !== 'pushed') return [`the push was ${String(told.get('push'))}`]
    return (await isThere(model)) ? [] : ['the image lost its blob']
  },
}

/** A client that relies on a blob of long ago, and is refused where that went. */
const blind: Client = {
  prepare: (service) => pushBlob(service, app, layer),
  acts: {
    push: ({ service }) =>
      service.manifests.put(app, ref, pushed(image)).then(
        () => 'pushed',
        () => 'refused',
      ),
  },
  lies: async (model, told) => {
    if (told.get('push') === 'pushed' && !(await isThere(model))) return ['the image lost its blob']
    return []
  },
}

const mounting: Client = {
  prepare: (service) => pushBlob(service, app, layer),
  acts: {
    mount: ({ service }) => service.blobs.mount(other, digest, { from: app }),
  },
  lies: async (model, told) =>
    told.get('mount') === true && !(await isThere(model, other)) ? ['what was mounted is not there'] : [],
}

const uploading: Client = {
  prepare: (service) => pushBlob(service, app, layer),
  acts: { upload: ({ service }) => pushBlob(service, app, layer) },
  lies: async (model, told) => (told.has('upload') && !(await isThere(model)) ? ['what was pushed is not there'] : []),
}

const elsewhere: Client = {
  prepare: (service) => pushBlob(service, app, layer),
  acts: { upload: ({ service }) => pushBlob(service, other, layer) },
  lies: async (model, told) =>
    told.has('upload') && !(await isThere(model, other)) ? ['what was pushed is not there'] : [],
}

const tagging: Client = {
  prepare: async (service) => {
    await pushArtifact(service, app, imageOf('other'), ['x'])
    await pushArtifact(service, app, { ...image, blobs: [layer] })
  },
  acts: {
    tag: ({ service }) =>
      service.manifests.put(app, ref, pushed(image)).then(
        () => 'tagged',
        () => 'refused',
      ),
  },
  lies: async (model, told) => {
    const found = await model.service.manifests.get(app, ref).catch(() => undefined)
    return (told.get('tag') === 'tagged') === (found !== undefined) ? [] : ['what was tagged is not there']
  },
}

/** Two who push one manifest under tags of their own, side by side. */
const taggingTwice: Client = {
  prepare: async (service) => {
    await pushArtifact(service, app, imageOf('other'), ['x'])
    await pushArtifact(service, app, { ...image, blobs: [layer] }, ['y'])
    await service.manifests.remove(app, { tag: 'y' })
  },
  acts: {
    tag: tagging.acts['tag'] ?? (async () => undefined),
    more: ({ service }) =>
      service.manifests.put(app, { tag: '2' }, pushed(image)).then(
        () => 'tagged',
        () => 'refused',
      ),
  },
  lies: async (model, told) => {
    const tags = [told.get('tag') === 'tagged' ? ['1'] : [], told.get('more') === 'tagged' ? ['2'] : []].flat()
    const { items } = await model.service.tags(app, { count: 9, last: undefined })
    if (items.join() !== [...tags, 'x'].join()) return [`there are the tags ${items.join()}`]
    return tags.length > 0 && !(await isThere(model)) ? ['the image lost its blob'] : []
  },
}

const children: Client = {
  prepare: tagging.prepare,
  acts: {
    index: async ({ service }) => {
      await service.lease(app, image.digest)
      const isKnown = await service.manifests.get(app, { digest: image.digest }).then(
        () => true,
        () => false,
      )
      await service.manifests.put(app, ref, pushed(indexOf([image])))
      return isKnown
    },
  },
  lies: async ({ service }, told) => {
    const found = await service.manifests.get(app, { digest: image.digest }).catch(() => undefined)
    return told.get('index') === true && found === undefined ? ['the index lost what it was pushed for'] : []
  },
}

const deleting: Client = {
  prepare: async (service) => {
    await pushBlob(service, app, layer)
    await service.blobs.mount(other, digest, { from: app })
  },
  acts: { remove: ({ service }) => service.blobs.remove(app, digest).catch(() => undefined) },
}

/** More than some hundred orders are not tried. */
const few: ExploreOptions = { switches: 2 }
const bounded: ReadonlyMap<Client, ExploreOptions> = new Map([
  [tagging, few],
  [children, few],
  [taggingTwice, { switches: 1 }],
])

const all: Readonly<Record<string, Client>> = {
  'a client asks for a blob and pushes its image': asking,
  'an image is pushed on a blob of long ago': blind,
  'a blob is mounted': mounting,
  'a blob is pushed again': uploading,
  'a blob is pushed to another repository': elsewhere,
  'a tag is set': tagging,
  'two tags of one manifest are set at once': taggingTwice,
  'an index is pushed on a manifest that was asked for': children,
  'a blob is deleted': deleting,
}

for (const [what, client] of Object.entries(all)) {
  test(`in whichever order it is collected while ${what}, nobody is told what is not so`, async (t) => {
    const { orders, failures } = await schedules(client, bounded.get(client) ?? {})
    t.log(`${orders} orders`)
    t.deepEqual(failures.slice(0, 3), [])
    t.true(orders > 10)
  })
}

for (const [without, what] of [
  [['leases'], 'a client asks for a blob and pushes its image'],
  [['waiting'], 'a client asks for a blob and pushes its image'],
  [['leases'], 'an index is pushed on a manifest that was asked for'],
  [['lock'], 'a blob is mounted'],
  [['lock'], 'a blob is pushed to another repository'],
  [['leases', 'recheck'], 'an image is pushed on a blob of long ago'],
] as const) {
  test(`without ${without.join(' and ')} there is an order in which that fails while ${what}`, async (t) => {
    const client = all[what]
    if (client === undefined) return t.fail()
    const { orders, failures } = await schedules(client, { ...few, isFirstEnough: true }, without)
    t.log(`order ${orders}: ${failures[0]}`)
    t.true(failures.length > 0)
  })
}

test('also without leases no image loses a blob: it is refused, or the blob stays', async (t) => {
  const { orders, failures } = await schedules(blind, few, ['leases'])
  t.log(`${orders} orders`)
  t.deepEqual(failures.slice(0, 3), [])
})
