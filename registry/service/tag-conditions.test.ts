import test from 'ava'
import type { Digest } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import { type ManifestRef, parseTag } from '../protocol/names.ts'
import { parsePrecondition } from '../protocol/precondition.ts'
import type { Condition } from './tag-condition.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { imageOf, named, pushArtifact, pushed } from './testing/images.ts'
import { type MemoryRegistry, memoryRegistry } from './testing/memory-registry.ts'

const app = named('team/app')
const [first, second, third] = [imageOf('1'), imageOf('2'), imageOf('3')]
const tag = parseTag('latest')

const when = (match: string | undefined, none?: string, mayTell = true): Condition => ({
  ...parsePrecondition({ 'if-match': match, 'if-none-match': none }),
  mayTell,
})
const is = (digest: Digest): Condition => when(`"${digest}"`)
const isNew = when(undefined, '*')

/** With `first` as the tag, and all three images there. */
async function scene(): Promise<MemoryRegistry & { readonly now: () => Promise<Digest | undefined> }> {
  const registry = await memoryRegistry()
  const { service } = registry
  await pushArtifact(service, app, first, [tag])
  await pushArtifact(service, app, second)
  await pushArtifact(service, app, third)
  const now = async (): Promise<Digest | undefined> =>
    service.manifests.get(app, { tag }).then(
      ({ digest }) => digest,
      () => undefined,
    )
  return { ...registry, now }
}

const failed = { instanceOf: RegistryError, code: 'PRECONDITION_FAILED' }

test('a tag is moved when it is what was expected, and not when it is not', async (t) => {
  const { service, now } = await scene()
  const put = async (image: typeof first, condition: Condition): Promise<unknown> =>
    service.manifests.put(app, { tag }, { ...pushed(image), condition })
  await put(second, is(first.digest))
  t.is(await now(), second.digest)
  const error = await t.throwsAsync(put(third, is(first.digest)), failed)
  t.is(error instanceof RegistryError ? error.status : 0, 412)
  t.is(await now(), second.digest)
  t.like(error, {
    message: `the tag latest of team/app is ${second.digest} now: If-Match does not hold, and nothing was changed`,
    detail: { tag, now: second.digest },
    headers: { ETag: `"${second.digest}"` },
  })
  await put(third, when('*'))
  t.is(await now(), third.digest)
})

test('who may not pull is not told what the tag is', async (t) => {
  const { service } = await scene()
  const condition = when(`"${second.digest}"`, undefined, false)
  const error = await t.throwsAsync(service.manifests.put(app, { tag }, { ...pushed(third), condition }), failed)
  t.false(JSON.stringify([error?.message, error]).includes(first.digest))
})

test('a tag is made only where there is none', async (t) => {
  const { service, now } = await scene()
  const put = async (name: string): Promise<unknown> =>
    service.manifests.put(app, { tag: name }, { ...pushed(second), condition: isNew })
  await put('new')
  await t.throwsAsync(put('new'), failed)
  await t.throwsAsync(put(tag), failed)
  t.is(await now(), first.digest)
  await service.manifests.remove(app, { tag })
  await put(tag)
  t.is(await now(), second.digest)
})

test('what If-Match wants to change and is so already is done: who tries again is not refused', async (t) => {
  const { service } = await scene()
  const put = async (condition: Condition): Promise<unknown> =>
    service.manifests.put(app, { tag }, { ...pushed(second), condition })
  await put(is(first.digest))
  await put(is(first.digest))
  t.is((await service.history.moves(app, tag)).length, 2)
  await t.throwsAsync(put(when(`"${first.digest}"`, '*')), failed)
})

test('a tag that is not there matches nothing', async (t) => {
  const { service } = await scene()
  for (const match of ['*', `"${first.digest}"`]) {
    const put = service.manifests.put(app, { tag: 'none' }, { ...pushed(first), condition: when(match) })
    await t.throwsAsync(put, { ...failed, message: /the tag none of team\/app is not there/ })
  }
})

test('a condition is about the tag in the path, whatever other tags there are', async (t) => {
  const { service } = await scene()
  const put = async (condition: Condition): Promise<unknown> =>
    service.manifests.put(app, { tag }, { ...pushed(second, ['a', 'b']), condition })
  await t.throwsAsync(put(isNew), failed)
  t.deepEqual((await service.tags(app, { count: 9, last: undefined })).items, [tag])
  await put(is(first.digest))
  await service.manifests.put(app, { tag: 'c' }, { ...pushed(third, ['a', tag]), condition: isNew })
  t.deepEqual((await service.tags(app, { count: 9, last: undefined })).items, ['a', 'b', 'c', tag])
})

test('by digest, a condition is about the manifest', async (t) => {
  const { service } = await scene()
  const put = async (image: typeof first, condition: Condition): Promise<unknown> =>
    service.manifests.put(app, { digest: image.digest }, { ...pushed(image, ['x']), condition })
  await t.throwsAsync(put(first, isNew), { ...failed, message: /is there: If-None-Match/ })
  await put(first, is(first.digest))
  await service.manifests.remove(app, { digest: second.digest })
  await t.throwsAsync(put(second, when('*')), failed)
  await put(second, isNew)
})

test('a tag is deleted only when it is what was expected', async (t) => {
  const { service, now } = await scene()
  const remove = async (ref: ManifestRef, condition: Condition): Promise<unknown> =>
    service.manifests.remove(app, ref, { condition })
  await t.throwsAsync(remove({ tag }, is(second.digest)), failed)
  t.is(await now(), first.digest)
  await t.throwsAsync(remove({ digest: first.digest }, is(second.digest)), failed)
  await remove({ tag }, is(first.digest))
  t.is(await now(), undefined)
  await t.throwsAsync(remove({ tag }, is(first.digest)), { code: 'MANIFEST_UNKNOWN' }, 'without the condition as well')
  await remove({ digest: first.digest }, when('*'))
})

test('of many who change a tag from what it is, one wins', async (t) => {
  const { service, now, ...registry } = await scene()
  const images = Array.from({ length: 20 }, (_, i) => imageOf(`racer ${i}`))
  for (const image of images) await pushArtifact(service, app, image)
  for (const condition of [is(first.digest), isNew]) {
    if (condition === isNew) await service.manifests.remove(app, { tag })
    const results = await Promise.allSettled(
      images.map((image) => service.manifests.put(app, { tag }, { ...pushed(image), condition })),
    )
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.digest] : []))
    t.is(won.length, 1)
    t.is(await now(), won[0])
    for (const result of results)
      if (result.status === 'rejected') t.like(result.reason, { code: 'PRECONDITION_FAILED' })
  }
  t.deepEqual(await checkRegistry(registry), [])
})

test('two registries over one store: who comes between the look and the change wins', async (t) => {
  const { driver, metadata, service: other } = await scene()
  let intrude: (() => Promise<unknown>) | undefined = async () => other.manifests.put(app, { tag }, pushed(third))
  const { service } = await memoryRegistry({
    driver,
    metadata: {
      ...metadata,
      commit: async (change) => {
        const between = change.isMinor === true ? undefined : intrude
        if (between !== undefined) intrude = undefined
        await between?.()
        await metadata.commit(change)
      },
    },
  })
  const put = service.manifests.put(app, { tag }, { ...pushed(second), condition: is(first.digest) })
  await t.throwsAsync(put, { ...failed, message: new RegExp(third.digest) })
  t.true(intrude === undefined)
  t.is((await other.manifests.get(app, { tag })).digest, third.digest)
})
