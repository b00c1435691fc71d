import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { ManifestRef, RepositoryName } from '../protocol/names.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { isRegistryError } from './testing/errors.ts'
import { type Artifact, imageOf, indexOf, named, pushBlob, pushed, subjectOf } from './testing/images.ts'
import { type MemoryRegistry, memoryRegistry } from './testing/memory-registry.ts'

const names = ['a', 'a-b', 'a/b', 'ab'].map(named)
const tags = ['1', '1-a', '10', 'x']
const [one, two] = [imageOf('1'), imageOf('2')]
const signature = imageOf('sig', { ...subjectOf(one), artifactType: 'a/sig' })
const referrer = imageOf('ref', subjectOf(one))
const artifacts = [one, two, signature, referrer, indexOf([one, two])]
const page = { count: 100, last: undefined }

/** A repository as a simple program would keep it. */
interface Repository {
  readonly blobs: Set<Digest>
  readonly manifests: Map<Digest, Artifact>
  readonly tags: Map<string, Digest>
}

type Model = Map<RepositoryName, Repository>

function inModel(model: Model, name: RepositoryName): Repository {
  const repository = model.get(name) ?? { blobs: new Set(), manifests: new Map(), tags: new Map() }
  model.set(name, repository)
  return repository
}

const exists = ({ blobs, manifests }: Repository): boolean => blobs.size > 0 || manifests.size > 0

/** The code of the error that work fails with, or `done`. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (!isRegistryError(error)) throw error
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error
    return (first as { code: string }).code
  }
}

interface Step {
  readonly says: string
  /** Does it in both; gives what the model says should come of it, and what came. */
  readonly run: (model: Model, registry: MemoryRegistry) => Promise<readonly [wanted: string, found: string]>
}

const pushBlobs = (name: RepositoryName, artifact: Artifact): Step => ({
  says: `push blobs to ${name}`,
  run: async (model, { service }) => {
    for (const blob of artifact.blobs) {
      await pushBlob(service, name, blob)
      inModel(model, name).blobs.add(digestOf(blob))
    }
    return ['done', 'done']
  },
})

const putManifest = (name: RepositoryName, artifact: Artifact, given: readonly string[]): Step => ({
  says: `put ${artifact.digest.slice(7, 12)} to ${name} as ${given.join()}`,
  run: async (model, { service }) => {
    const repository = inModel(model, name)
    const isWhole = artifact.blobs.every((blob) => repository.blobs.has(digestOf(blob)))
    if (isWhole) {
      repository.manifests.set(artifact.digest, artifact)
      for (const tag of given) repository.tags.set(tag, artifact.digest)
    }
    const put = service.manifests.put(name, { digest: artifact.digest }, pushed(artifact, given))
    return [isWhole ? 'done' : 'MANIFEST_BLOB_UNKNOWN', await codeOf(put)]
  },
})

const pushWhole = (name: RepositoryName, artifact: Artifact, given: readonly string[]): Step => {
  const put = putManifest(name, artifact, given)
  return {
    says: `${put.says}, with blobs`,
    run: async (model, registry) => {
      await pushBlobs(name, artifact).run(model, registry)
      return put.run(model, registry)
    },
  }
}

const remove = (name: RepositoryName, ref: ManifestRef): Step => ({
  says: `remove ${JSON.stringify(ref)} of ${name}`,
  run: async (model, { service }) => {
    const repository = inModel(model, name)
    const wanted = 'tag' in ref ? repository.tags.has(ref.tag) : repository.manifests.has(ref.digest)
    const otherwise = exists(repository) ? 'MANIFEST_UNKNOWN' : 'NAME_UNKNOWN'
    if ('tag' in ref) repository.tags.delete(ref.tag)
    else {
      repository.manifests.delete(ref.digest)
      for (const [tag, digest] of repository.tags) if (digest === ref.digest) repository.tags.delete(tag)
    }
    return [wanted ? 'done' : otherwise, await codeOf(service.manifests.remove(name, ref))]
  },
})

const removeBlob = (name: RepositoryName, artifact: Artifact): Step => ({
  says: `remove a blob of ${name}`,
  run: async (model, { service }) => {
    const digest = digestOf(artifact.blobs[0] ?? '')
    const isThere = inModel(model, name).blobs.delete(digest)
    return [isThere ? 'done' : 'BLOB_UNKNOWN', await codeOf(service.blobs.remove(name, digest))]
  },
})

/** What a client can see of all repositories. */
async function seen(registry: MemoryRegistry): Promise<object> {
  const { service } = registry
  const repositories = names.map(async (name) => {
    const list = await service.tags(name, page).then(
      ({ items }) => items,
      (error: { code: string }) => error.code,
    )
    const refs: ManifestRef[] = [...tags.map((tag) => ({ tag })), ...artifacts.map(({ digest }) => ({ digest }))]
    const gets = refs.map((ref) =>
      service.manifests.get(name, ref).then(
        ({ digest }) => digest,
        () => undefined,
      ),
    )
    const all = await service.referrers(name, one.digest, { page })
    const some = await service.referrers(name, one.digest, { page, artifactType: 'a/sig' })
    const referrers = [all, some].map(({ items }) => items.map(({ digest }) => digest).toSorted())
    return { name, list, gets: await Promise.all(gets), referrers }
  })
  return { catalog: (await service.catalog(page)).items, repositories: await Promise.all(repositories) }
}

function modelled(model: Model): object {
  const repositories = names.map((name) => {
    const repository = inModel(model, name)
    const referrers = [signature, referrer]
      .map(({ digest }) => digest)
      .filter((digest) => repository.manifests.has(digest))
    return {
      name,
      list: exists(repository) ? tags.filter((tag) => repository.tags.has(tag)) : 'NAME_UNKNOWN',
      gets: [
        ...tags.map((tag) => repository.tags.get(tag)),
        ...artifacts.map(({ digest }) => (repository.manifests.has(digest) ? digest : undefined)),
      ],
      referrers: [referrers.toSorted(), referrers.filter((digest) => digest === signature.digest)],
    }
  })
  return { catalog: names.filter((name) => inModel(model, name).manifests.size > 0), repositories }
}

const aName = fc.constantFrom(...names.slice(0, 2), ...names)
const anArtifact = fc.constantFrom(...artifacts)
const someTags = fc.uniqueArray(fc.constantFrom(...tags), { maxLength: 3 })
const aPush = fc.tuple(aName, anArtifact, someTags)
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: aPush.map((push) => pushWhole(...push)) },
  { weight: 2, arbitrary: aPush.map((push) => putManifest(...push)) },
  { weight: 1, arbitrary: fc.tuple(aName, anArtifact).map((push) => pushBlobs(...push)) },
  { weight: 2, arbitrary: fc.tuple(aName, fc.constantFrom(...tags)).map(([name, tag]) => remove(name, { tag })) },
  { weight: 2, arbitrary: fc.tuple(aName, anArtifact).map(([name, { digest }]) => remove(name, { digest })) },
  { weight: 1, arbitrary: fc.tuple(aName, fc.constantFrom(one, two)).map((removal) => removeBlob(...removal)) },
)

const hashes = createHashPool(1)
test.after.always(() => hashes.close())

async function agree(t: ExecutionContext, steps: readonly (Step | 'restart')[]): Promise<void> {
  const model: Model = new Map()
  let registry = await memoryRegistry({ hashes })
  for (const step of steps) {
    if (step === 'restart') {
      const { driver, metadata } = registry
      registry = await memoryRegistry({ driver, metadata, hashes })
    } else {
      const [wanted, found] = await step.run(model, registry)
      t.is(found, wanted, step.says)
    }
    t.deepEqual(await seen(registry), modelled(model), step === 'restart' ? step : step.says)
  }
}

test('a registry is what a simple model of it is, whatever is done to it one after the other', async (t) => {
  const steps = fc.array(
    fc.oneof({ weight: 12, arbitrary: aStep }, { weight: 1, arbitrary: fc.constant('restart' as const) }),
    {
      maxLength: 30,
    },
  )
  await fc.assert(
    fc.asyncProperty(steps, (each) => agree(t, each)),
    { numRuns: 100, interruptAfterTimeLimit: 10_000 },
  )
})
