import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import type { ImmutableBy } from './tag-rules.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { artifactOf, imageOf, indexOf, named, pushArtifact, pushed, subjectOf } from './testing/images.ts'
import { type MemoryRegistry, memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'

const app = named('team/app')
const [first, second] = [imageOf('1'), imageOf('2')]
const refused = { instanceOf: RegistryError, code: 'DENIED' }

/** `v1` must stay, and `first` is what it leads to; `latest` need not. */
async function scene(
  rule: (name: string, tag: string) => boolean = (_, tag) => tag.startsWith('v'),
): Promise<MemoryRegistry> {
  const registry = await memoryRegistry({
    immutableBy: (name) => (tag) => (rule(name, tag) ? '**:v*' : undefined),
  })
  await pushArtifact(registry.service, app, first, ['v1', 'latest'])
  await pushArtifact(registry.service, app, second)
  return registry
}

test('a tag that must stay is set once; the same again is fine, another one is refused with the rule', async (t) => {
  const { service } = await scene()
  await service.manifests.put(app, { tag: 'v1' }, pushed(first))
  const error = await t.throwsAsync(service.manifests.put(app, { tag: 'v1' }, pushed(second)), refused)
  t.like(error, {
    status: 403,
    message: `the tag v1 of team/app is immutable here (tags.immutable: "**:v*") and stays ${first.digest}: use another tag`,
    detail: { name: 'team/app', tag: 'v1', digest: first.digest, rule: '**:v*' },
  })
  t.is((await service.manifests.get(app, { tag: 'v1' })).digest, first.digest)
  await service.manifests.put(app, { tag: 'v2' }, pushed(second))
  await service.manifests.put(app, { tag: 'latest' }, pushed(second))
})

test('no tag is an exception: not latest, and none that comes beside another', async (t) => {
  const { service, ...registry } = await scene((_, tag) => tag === 'latest')
  await t.throwsAsync(service.manifests.put(app, { tag: 'latest' }, pushed(second)), refused)
  await t.throwsAsync(service.manifests.put(app, { tag: 'other' }, pushed(second, ['latest'])), refused)
  await t.throwsAsync(service.manifests.put(app, { digest: second.digest }, pushed(second, ['x', 'latest'])), refused)
  t.deepEqual(
    (await service.tags(app, { count: 9, last: undefined })).items,
    ['latest', 'v1'],
    'nothing of it was done',
  )
  t.deepEqual(await checkRegistry(registry), [])
})

test('it is not deleted: by its name, or with its manifest, whatever other tags that has', async (t) => {
  const { service } = await scene()
  await t.throwsAsync(service.manifests.remove(app, { tag: 'v1' }), refused)
  await t.throwsAsync(service.manifests.remove(app, { digest: first.digest }), refused)
  t.deepEqual((await service.tags(app, { count: 9, last: undefined })).items, ['latest', 'v1'])
  await service.manifests.remove(app, { tag: 'latest' })
  await service.manifests.remove(app, { digest: second.digest })
})

test('a manifest with more tags than go in one change keeps all of them when one must stay', async (t) => {
  const { service } = await scene()
  const tags = Array.from({ length: 1100 }, (_, i) => `t${i}`)
  for (let i = 0; i < tags.length; i += 100) {
    await service.manifests.put(app, { tag: 'a' }, pushed(first, tags.slice(i, i + 99)))
  }
  const { items } = await service.tags(app, { count: 5000, last: undefined })
  t.true(items.length > 1000)
  await t.throwsAsync(service.manifests.remove(app, { digest: first.digest }), refused)
  t.deepEqual((await service.tags(app, { count: 5000, last: undefined })).items, items)
})

/** `v3` leads to an index in an index, of `first` and of `second`, which is signed; `other` shares a layer with `first`. */
async function nested(): Promise<MemoryRegistry & { readonly index: Digest }> {
  const registry = await scene()
  const { service } = registry
  const inner = indexOf([first, second])
  await pushArtifact(service, app, inner)
  const index = await pushArtifact(service, app, indexOf([inner]), ['v3'])
  await pushArtifact(service, app, signature)
  await pushArtifact(service, app, other)
  return { ...registry, index }
}
const signature = imageOf('signature', subjectOf(second))
const other = artifactOf(
  { config: descriptor(first.blobs[0] ?? Buffer.alloc(0)), layers: [descriptor(Buffer.from('of its own'))] },
  [Buffer.from('of its own')],
)

function descriptor(bytes: Buffer): object {
  return { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length }
}

test('nothing of what it leads to is deleted, however deep: neither manifests nor blobs', async (t) => {
  const { service, index, ...registry } = await nested()
  const inner = indexOf([first, second]).digest
  for (const digest of [inner, second.digest]) {
    const error = await t.throwsAsync(service.manifests.remove(app, { digest }), refused)
    t.like(error, {
      status: 403,
      message: `${digest} is part of what the tag v3 of team/app leads to, which is immutable here (tags.immutable: "**:v*"): it stays`,
      detail: { name: 'team/app', tag: 'v3', digest: index, rule: '**:v*' },
    })
  }
  for (const blob of [...first.blobs, ...second.blobs]) {
    const error = await t.throwsAsync(service.blobs.remove(app, digestOf(blob)), refused)
    t.regex(error?.message ?? '', /^sha256:\w+ is part of what the tag v\d of team\/app leads to/)
  }
  t.deepEqual(await checkRegistry(registry), [])
  for (const blob of second.blobs) t.is(await service.blobs.size(app, digestOf(blob)), blob.length)
})

test('what belongs to no such tag is deleted: beside it, without it, and what only refers to it', async (t) => {
  const { service, ...registry } = await nested()
  await service.manifests.remove(app, { digest: signature.digest })
  await service.manifests.remove(app, { digest: other.digest })
  await service.blobs.remove(app, digestOf('of its own'))
  const elsewhere = named('team/elsewhere')
  await pushArtifact(service, elsewhere, second)
  await pushArtifact(service, elsewhere, indexOf([second]), ['1'])
  await service.manifests.remove(elsewhere, { digest: second.digest })
  await service.blobs.remove(elsewhere, digestOf(second.blobs[1] ?? ''))
  t.deepEqual(await checkRegistry(registry), [])
})

test('where no rule is about the repository nobody looks who refers to what is deleted', async (t) => {
  const looked: string[] = []
  const memory = createMemoryMetadata()
  const { service } = await memoryRegistry({
    immutableBy: (name) => (name === 'other' ? () => '*' : undefined),
    metadata: {
      ...memory,
      list: async (range) => {
        looked.push(range.prefix)
        return memory.list(range)
      },
    },
  })
  await pushArtifact(service, app, first)
  await pushArtifact(service, app, indexOf([first]), ['v1'])
  looked.length = 0
  await service.blobs.remove(app, digestOf(first.blobs[1] ?? ''))
  await service.manifests.remove(app, { digest: first.digest })
  t.deepEqual(
    looked.filter((prefix) => prefix.startsWith('use ')),
    [],
  )
})

for (const [what, intrude] of [
  ['such a tag is set', (service) => service.manifests.put(app, { tag: 'v7' }, pushed(indexOf([second])))],
  [
    'an index of it is pushed with such a tag',
    (service) => pushArtifact(service, app, indexOf([second, first]), ['v7']),
  ],
  [
    'such a tag is set back',
    async (service) => {
      await service.history.rollBack(app, 'v8', {})
    },
  ],
] as const satisfies readonly (readonly [string, (service: RegistryService) => Promise<unknown>])[]) {
  test(`${what} just before something of it goes: it stays`, async (t) => {
    let isBegun = true
    const immutableBy: ImmutableBy = () => (tag) => (isBegun && tag.startsWith('v') ? 'v*' : undefined)
    const registry = await memoryRegistry({ immutableBy })
    const [{ service }, layer] = [registry, digestOf(second.blobs[1] ?? '')]
    await pushArtifact(service, app, second)
    isBegun = false
    await pushArtifact(service, app, indexOf([second]), ['x', 'v8'])
    await service.manifests.remove(app, { tag: 'v8' })
    isBegun = true
    for (const remove of [
      (one: RegistryService) => one.manifests.remove(app, { digest: second.digest }),
      (one: RegistryService) => one.blobs.remove(app, layer),
    ]) {
      let isFirst = true
      const commit: RowStore['commit'] = async (change) => {
        if (isFirst) await intrude(service)
        isFirst = false
        await registry.metadata.commit(change)
      }
      const one = await memoryRegistry({ ...registry, immutableBy, metadata: { ...registry.metadata, commit } })
      isFirst = true
      await t.throwsAsync(remove(one.service), refused)
      isBegun = false
      for (const tag of ['v7', 'v8']) await service.manifests.remove(app, { tag }).catch(() => undefined)
      isBegun = true
    }
    t.is((await service.manifests.get(app, { digest: second.digest })).digest, second.digest)
    t.deepEqual(await checkRegistry(registry), [])
  })
}

test('a rule for other repositories or tags is none', async (t) => {
  const { service } = await scene((name, tag) => name === 'team/other' && tag === 'v1')
  await service.manifests.put(app, { tag: 'v1' }, pushed(second))
  await service.manifests.remove(app, { tag: 'v1' })
  t.pass()
})

test('a tag that becomes immutable while its push is on its way is not moved', async (t) => {
  let isImmutable = false
  const registry = await memoryRegistry()
  const { service } = await memoryRegistry({
    ...registry,
    immutableBy: () => () => (isImmutable ? '*' : undefined),
    metadata: {
      ...registry.metadata,
      commit: async (change) => {
        const isTagged = change.put?.some(({ key }) => key.startsWith('tag ')) === true
        if (isTagged && !isImmutable) {
          isImmutable = true
          await registry.service.manifests.put(app, { tag: 'x' }, pushed(first))
        }
        await registry.metadata.commit(change)
      },
    },
  })
  await pushArtifact(registry.service, app, first)
  await pushArtifact(registry.service, app, second)
  await t.throwsAsync(service.manifests.put(app, { tag: 'x' }, pushed(second)), refused)
  t.is((await service.manifests.get(app, { tag: 'x' })).digest, first.digest)
})

test('an index keeps its tag as an image does', async (t) => {
  const { service } = await scene()
  await pushArtifact(service, app, indexOf([first, second]), ['v3'])
  await t.throwsAsync(service.manifests.put(app, { tag: 'v3' }, pushed(first)), refused)
})
