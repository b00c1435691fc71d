import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { createService } from '../service/create-service.ts'
import { checkRegistry } from '../service/testing/check-registry.ts'
import { type Artifact, imageOf, indexOf, named, pushArtifact, subjectOf } from '../service/testing/images.ts'
import { type CutMutation, type CutPlan, type CutStores, cutAt, liesOfAll } from '../service/testing/power-cut.ts'
import type { RegistryService } from '../service/types.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { linkRows, manifestRows } from '../storage/rows.ts'
import type { Random } from '../storage/testing/simulated-disk.ts'
import { type Collector, createCollector } from './collector.ts'

const hashes = createHashPool(1)
test.after.always(() => hashes.close())

const names = ['a', 'b'].map(named)
const [one, two] = [imageOf('1'), imageOf('2')]
const signature = imageOf('s', subjectOf(one))
const artifacts: readonly Artifact[] = [one, two, indexOf([one, two])]

interface Collected {
  readonly service: RegistryService
  readonly collector: Collector
  /** Lets the leases end. */
  readonly pass: () => void
}

/** A registry in which all that is of no use may go at once. */
async function collected(stores: CutStores, startedAt = 1_000_000_000_000): Promise<Collected> {
  const clock = { now: startedAt, elapsed: 0 }
  const settings = { enabled: true, delay: 0, lease: 10, untagged: { remove: true, keep: 0 } }
  let collector: Collector | undefined
  const service = await createService({
    ...stores,
    hashes,
    purgeEvery: 1_000_000,
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    lease: () => settings.lease,
    attach: (inner) => {
      collector = createCollector({ ...inner, settings: () => settings }, { isTicking: false })
      return collector
    },
  })
  if (collector === undefined) throw new Error('nothing was attached')
  const pass = (): void => {
    clock.now += 10_000
    clock.elapsed += 10_000
  }
  return { service, collector, pass }
}

/** What tags were told to lead to; nothing of what was under way. */
type Told = Map<string, { readonly name: RepositoryName; readonly tag: string; readonly artifact: Artifact }>

async function work({ service, collector, pass }: Collected, told: Told, random: Random): Promise<void> {
  const pick = <T>(items: readonly T[], otherwise: T): T => items[Math.floor(random() * items.length)] ?? otherwise
  for (;;) {
    const [name, tag] = [pick(names, named('a')), pick(['1', '2'], '1')]
    const choice = random()
    if (choice < 0.5) {
      const artifact = pick(artifacts, one)
      told.delete(`${name} ${tag}`)
      for (const image of [one, two]) await pushArtifact(service, name, image)
      await pushArtifact(service, name, signature)
      await pushArtifact(service, name, artifact, [tag])
      told.set(`${name} ${tag}`, { name, tag, artifact })
    } else if (choice < 0.7) {
      told.delete(`${name} ${tag}`)
      await service.manifests.remove(name, { tag }).catch(ignoreUnknown)
    } else {
      pass()
      await collector.run()
    }
  }
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof Error && /no (?:tag|manifest|repository)/.test(error.message))) throw error
}

async function liesAt(at: number, plan: CutPlan): Promise<string[]> {
  const told: Told = new Map()
  const { stores } = await cutAt(at, plan, async (before, random) => work(await collected(before), told, random))
  const again = await collected(stores, 1_000_100_000_000)
  const lies = await garbageLeft(again, stores)
  for (const each of told.values()) lies.push(...(await missing(again.service, each)))
  await again.service.close()
  // After a power cut bytes may be there of which no row tells: such are looked for elsewhere.
  const stored = plan.isKilled === true ? await storedIn(stores) : []
  return [...lies, ...(await checkRegistry(stores, { stored }))]
}

/** Collects all there is; what is left then without a tag on the way to it, or without an end, is too much. */
async function garbageLeft({ service, collector, pass }: Collected, { metadata }: CutStores): Promise<string[]> {
  let rounds = 0
  for (let looks = 1; looks > 0; rounds++) {
    pass()
    looks = (await collector.run()).reviewed
    if (rounds > 30) return ['there is always more to be looked at']
  }
  if (await anyTag(service)) return []
  const rows = await Promise.all(
    [linkRows, manifestRows].map((kind) => metadata.list({ prefix: kind.prefix(), limit: 9 })),
  )
  return rows.flat().map(({ key }) => `${key} is left without a tag`)
}

/** Of the images, what has bytes. */
async function storedIn({ driver }: CutStores): Promise<string[]> {
  const digests = [one, two, signature].flatMap(({ digest, blobs }) => [digest, ...blobs.map((blob) => digestOf(blob))])
  const sizes = await Promise.all(digests.map(async (digest) => driver.size(digest)))
  return digests.filter((_, i) => sizes[i] !== undefined)
}

async function anyTag(service: RegistryService): Promise<boolean> {
  const lists = names.map(async (name) =>
    service.tags(name, { count: 9, last: undefined }).then(
      ({ items }) => items.length > 0,
      () => false,
    ),
  )
  return (await Promise.all(lists)).includes(true)
}

/** What of an image cannot be pulled: itself, its children, their blobs, and the signature that is there with them. */
async function missing(
  { manifests, blobs }: RegistryService,
  { name, tag, artifact }: Told extends Map<string, infer Value> ? Value : never,
): Promise<string[]> {
  const found = await manifests.get(name, { tag }).catch(() => undefined)
  if (found?.digest !== artifact.digest) return [`${name}:${tag} is not what was told`]
  const images = artifact.blobs.length > 0 ? [artifact] : [one, two]
  const lies: string[] = []
  for (const image of [...images, ...(images.includes(one) ? [signature] : [])]) {
    const isThere = await manifests.get(name, { digest: image.digest }).then(
      () => true,
      () => false,
    )
    if (!isThere) lies.push(`${name}:${tag} lost ${image.digest}`)
    for (const blob of image.blobs) {
      const size = await blobs.size(name, digestOf(blob)).catch(() => undefined)
      if (size !== blob.length) lies.push(`${name}:${tag} lost the blob ${digestOf(blob)}`)
    }
  }
  return lies
}

const calls = { from: 20, until: 260 }

test('whenever the power is cut while garbage is collected, what was told is there, and all that is of no use goes', async (t) => {
  t.deepEqual((await liesOfAll(calls, (at) => liesAt(at, { mutation: {} }))).slice(0, 3), [])
})

test('whenever the process is killed while garbage is collected, what was told is there, and all that is of no use goes', async (t) => {
  t.deepEqual((await liesOfAll(calls, (at) => liesAt(at, { mutation: {}, isKilled: true }))).slice(0, 3), [])
})

function without(isLost: (key: string) => boolean): CutMutation {
  return {
    metadata: (metadata) => ({
      ...metadata,
      commit: ({ put = [], ...rest }) => metadata.commit({ ...rest, put: put.filter(({ key }) => !isLost(key)) }),
    }),
  }
}

const mutations: readonly [string, CutMutation][] = [
  ['rows are not synced', { isUnsynced: true }],
  ['what refers to what is not written down', without((key) => key.startsWith('use '))],
  ['what is to be looked at is not written down', without((key) => key.startsWith('review '))],
]
for (const [title, mutation] of mutations) {
  test(`that is seen when ${title}`, async (t) => {
    const lies = await liesOfAll({ from: 100, until: 220 }, (at) => liesAt(at, { mutation }))
    t.log(lies.length, lies[0])
    t.true(lies.length > 0)
  })
}
