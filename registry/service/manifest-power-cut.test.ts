import test from 'ava'
import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import type { Change } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import type { Random, SimulatedDisk } from '../storage/testing/simulated-disk.ts'
import { createService, type ServiceOptions } from './create-service.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { isRegistryError } from './testing/errors.ts'
import { type Artifact, imageOf, indexOf, named, pushArtifact, subjectOf } from './testing/images.ts'
import { type CutMutation, type CutPlan, cutAt, liesOfAll } from './testing/power-cut.ts'
import type { RegistryService } from './types.ts'

const hashes = createHashPool(1)
test.after.always(() => hashes.close())

const names = ['a', 'a-b'].map(named)
const tags = ['1', '2']
const plain = ['1', '2', '3'].map((text) => imageOf(text))
const referrers = ['r', 's', 't'].map((text) => imageOf(text, subjectOf(plain[0] ?? imageOf('1'))))
const artifacts = [...plain.slice(0, 1), indexOf(plain), ...referrers]

/** By repository and tag, or repository and digest, what was told to be there. Nothing of what was under way. */
type Told = Map<
  string,
  {
    readonly name: RepositoryName
    readonly ref: { tag: string } | { digest: Digest }
    readonly digest: Digest | undefined
  }
>

async function work(service: RegistryService, told: Told, random: Random): Promise<void> {
  const pick = <T>(items: readonly T[], otherwise: T): T => items[Math.floor(random() * items.length)] ?? otherwise
  for (;;) {
    const [name, tag] = [pick(names, named('a')), pick(tags, '1')]
    const artifact = pick(artifacts, imageOf('1'))
    const choice = random()
    if (choice < 0.5) await push(service, told, { name, artifact, tags: random() < 0.7 ? [tag] : tags })
    else if (choice < 0.65) await rollBack(service, told, { name, tag })
    else if (choice < 0.8) await remove(service, told, { name, ref: { tag } })
    else await remove(service, told, { name, ref: { digest: artifact.digest } })
  }
}

interface Push {
  readonly name: RepositoryName
  readonly artifact: Artifact
  readonly tags: readonly string[]
}

async function push(service: RegistryService, told: Told, { name, artifact, tags: given }: Push): Promise<void> {
  const { digest } = artifact
  const keys = [`${name} ${digest}`, ...given.map((tag) => `${name} ${tag}`)]
  for (const key of keys) told.delete(key)
  await pushArtifact(service, name, artifact, given)
  told.set(`${name} ${digest}`, { name, ref: { digest }, digest })
  for (const tag of given) told.set(`${name} ${tag}`, { name, ref: { tag }, digest })
}

/** Takes a tag back to what it led to before; refused where there is no such thing. */
async function rollBack(
  service: RegistryService,
  told: Told,
  { name, tag }: { readonly name: RepositoryName; readonly tag: string },
): Promise<void> {
  const key = `${name} ${tag}`
  const known = told.get(key)
  told.delete(key)
  try {
    const { digest } = await service.history.rollBack(name, tag, {})
    told.set(key, { name, ref: { tag }, digest })
  } catch (error) {
    if (!isRegistryError(error)) throw error
    if (known !== undefined) told.set(key, known)
  }
}

interface Removal {
  readonly name: RepositoryName
  readonly ref: { tag: string } | { digest: Digest }
}

async function remove(service: RegistryService, told: Told, { name, ref }: Removal): Promise<void> {
  const own = `${name} ${'tag' in ref ? ref.tag : ref.digest}`
  const known = new Map(told)
  const touched = [...told].filter(
    ([key, each]) => key === own || (each.name === name && 'digest' in ref && each.digest === ref.digest),
  )
  for (const [key] of touched) told.delete(key)
  told.delete(own)
  try {
    await service.manifests.remove(name, ref)
    for (const [key, each] of touched) told.set(key, { ...each, digest: undefined })
    told.set(own, { name, ref, digest: undefined })
  } catch (error) {
    if (!isRegistryError(error)) throw error
    for (const [key, each] of known) told.set(key, each)
  }
}

/** What was told and is not so, and what is wrong in itself, after the power was cut or the process killed at a call. */
async function liesAt(at: number, plan: CutPlan): Promise<string[]> {
  const told: Told = new Map()
  const { disk, stores } = await cutAt(at, plan, async (before, random) => work(await serviceOf(before), told, random))
  const service = await serviceOf(stores)
  const lies = await wrong(service, told)
  await service.close()
  const stored = plan.isKilled === true ? digestsIn(disk) : []
  return [...lies, ...(await checkRegistry(stores, { stored }))]
}

function serviceOf(stores: Pick<ServiceOptions, 'driver' | 'metadata'>): Promise<RegistryService> {
  return createService({ ...stores, hashes, purgeEvery: 1_000_000, now: () => 1_000_000_000_000 })
}

async function wrong({ manifests }: RegistryService, told: Told): Promise<string[]> {
  const found: string[] = []
  for (const [key, { name, ref, digest }] of told) {
    const now = await manifests.get(name, ref).then((manifest) => manifest.digest, told404)
    if (now !== digest) found.push(`${key}: ${now} instead of ${digest}`)
  }
  return found
}

function told404(error: unknown): string | undefined {
  const isUnknown =
    isRegistryError(error) && error instanceof Error && /no (?:tag|manifest|repository)/.test(error.message)
  return isUnknown ? undefined : String(error)
}

function digestsIn(disk: SimulatedDisk): string[] {
  return disk.list().flatMap((path) => {
    const [, algorithm, hex] = /\/blobs\/(\w+)\/\w\w\/(\w+)$/.exec(path) ?? []
    return algorithm === undefined ? [] : [parseDigest(`${algorithm}:${hex}`)]
  })
}

async function allLies(plan: CutPlan, { from = 20, until }: { from?: number; until: number }): Promise<string[]> {
  return liesOfAll({ from, until }, (at) => liesAt(at, plan))
}

test('whenever the power is cut, what was told is so and all that is stored is whole', async (t) => {
  t.deepEqual(await allLies({ mutation: {} }, { until: 200 }), [])
})

test('whenever the process is killed, what was told is so, all is whole, and no bytes are left that are nobody’s', async (t) => {
  t.deepEqual(await allLies({ mutation: {}, isKilled: true }, { until: 200 }), [])
})

/** Makes a change in two, the rows that `isLate` after the others. */
function split(isLate: (key: string) => boolean): CutMutation {
  const part = ({ put = [], remove = [], ...rest }: Change, late: boolean): Change => ({
    put: put.filter(({ key }) => isLate(key) === late),
    remove: remove.filter((key) => isLate(key) === late),
    ...(late ? {} : rest),
  })
  return {
    metadata: (metadata) => ({
      ...metadata,
      commit: async (change) => {
        await metadata.commit(part(change, false))
        await metadata.commit(part(change, true))
      },
    }),
  }
}

function without(isLost: (key: string) => boolean): CutMutation {
  return {
    metadata: (metadata) => ({
      ...metadata,
      commit: ({ put = [], ...rest }) => metadata.commit({ ...rest, put: put.filter(({ key }) => !isLost(key)) }),
    }),
  }
}

/** Rows before the bytes. */
const lateBytes: CutMutation = {
  driver: (driver) => {
    const late: (() => Promise<void>)[] = []
    return {
      ...driver,
      put: (...put) => {
        late.push(() => driver.put(...put))
        return Promise.resolve()
      },
      open: async (digest) => {
        for (const put of late.splice(0)) await put()
        return driver.open(digest)
      },
    }
  },
}

const mutations: readonly [string, CutMutation, boolean?][] = [
  ['rows are not synced', { isUnsynced: true }],
  ['the bytes of a manifest come after its rows', lateBytes],
  ['tags are written after the rest', split((key) => key.startsWith('tag '))],
  ['manifests are written after the rest', split((key) => key.startsWith('manifest '))],
  ['referrers are written after the rest', split((key) => key.startsWith('referrer '))],
  ['what is doomed is not remembered', without((key) => key.startsWith('doomed ')), true],
]
for (const [title, mutation, isKilled = false] of mutations) {
  test(`that is seen when ${title}`, async (t) => {
    const lies = await allLies({ mutation, isKilled }, { from: 60, until: 180 })
    t.log(lies.length, lies[0])
    t.true(lies.length > 0)
  })
}
