import test from 'ava'
import { RegistryError } from '../protocol/error.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { imageOf, indexOf, named, pushArtifact, pushed } from './testing/images.ts'
import { type MemoryRegistry, memoryRegistry } from './testing/memory-registry.ts'

const app = named('team/app')
const [first, second] = [imageOf('1'), imageOf('2')]
const refused = { instanceOf: RegistryError, code: 'DENIED' }

/** `v1` must stay, and `first` is what it leads to; `latest` need not. */
async function scene(
  rule: (name: string, tag: string) => boolean = (_, tag) => tag.startsWith('v'),
): Promise<MemoryRegistry> {
  const registry = await memoryRegistry({
    immutableBy: (name, tag) => (rule(name, tag) ? '**:v*' : undefined),
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
    immutableBy: () => (isImmutable ? '*' : undefined),
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
