import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import { goneRows, historyRows } from '../storage/rows.ts'
import type { Requester } from './occurrence.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { type Artifact, imageOf, indexOf, named, pushArtifact, pushed } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'

const app = named('team/app')
const [first, second, third] = [imageOf('1'), imageOf('2'), imageOf('3')]
const unknown = { instanceOf: RegistryError, code: 'MANIFEST_UNKNOWN' }
const ann: Requester = {
  id: '1',
  method: 'PUT',
  address: undefined,
  host: undefined,
  isEncrypted: false,
  agent: undefined,
  actor: 'ann',
}

async function setTag(service: RegistryService, image: Artifact, by?: Requester): Promise<void> {
  await pushArtifact(service, app, image)
  await service.manifests.put(app, { tag: 'x' }, { ...pushed(image), by })
}

async function now(service: RegistryService): Promise<string | undefined> {
  return service.manifests.get(app, { tag: 'x' }).then(
    ({ digest }) => digest,
    () => undefined,
  )
}

test('the history tells what a tag led to, when, by whom, and what of it can be pulled', async (t) => {
  const { service } = await memoryRegistry()
  const startedAt = Date.now()
  await setTag(service, first, ann)
  await setTag(service, second)
  await service.manifests.remove(app, { tag: 'x' }, { by: ann })
  await service.manifests.remove(app, { digest: first.digest })
  const moves = await service.history.moves(app, 'x')
  const size = [second.bytes, ...second.blobs].reduce((sum, { length }) => sum + length, 0)
  t.like(moves, [
    { move: 3, by: 'ann', digest: undefined, isPullable: undefined },
    { move: 2, digest: second.digest, isPullable: true, size, by: undefined, goneSince: undefined },
    { move: 1, digest: first.digest, isPullable: false, size: undefined, by: 'ann' },
  ])
  for (const { at } of moves) t.true(at >= startedAt && at <= Date.now())
  const gone = moves[2]?.goneSince ?? 0
  t.true(gone >= startedAt && gone <= Date.now(), 'it had no tag any more when it was removed')
})

test('of an index the size is that of all its images, each blob once', async (t) => {
  const { service } = await memoryRegistry()
  await pushArtifact(service, app, first)
  await pushArtifact(service, app, second)
  const index = indexOf([first, second, imageOf('never pushed')])
  await pushArtifact(service, app, index, ['x'])
  const parts = [index.bytes, first.bytes, second.bytes, ...first.blobs, ...second.blobs]
  const sizes = new Map(parts.map((bytes) => [digestOf(bytes), bytes.length]))
  t.is(
    (await service.history.moves(app, 'x'))[0]?.size,
    [...sizes.values()].reduce((sum, size) => sum + size, 0),
  )
})

test('what was never there has no history', async (t) => {
  const { service } = await memoryRegistry()
  await t.throwsAsync(service.history.moves(app, 'x'), unknown)
  await t.throwsAsync(service.history.rollBack(app, 'x', {}), unknown)
  await setTag(service, first)
  await t.throwsAsync(service.history.rollBack(app, 'x', {}), { ...unknown, message: /does not have another manifest/ })
})

test('a tag goes back to what it was before, as one more move; twice, and it is as it was', async (t) => {
  const { service, ...registry } = await memoryRegistry()
  await setTag(service, first)
  await setTag(service, second)
  t.deepEqual(await service.history.rollBack(app, 'x', { by: 'operator' }), {
    restored: 1,
    digest: first.digest,
    before: second.digest,
  })
  t.is(await now(service), first.digest)
  t.like(await service.history.moves(app, 'x'), [
    { move: 3, digest: first.digest, restores: 1, by: 'operator' },
    { move: 2, digest: second.digest },
  ])
  await service.history.rollBack(app, 'x', {})
  t.is(await now(service), second.digest)
  t.deepEqual(await checkRegistry(registry), [])
})

test('it goes back to a move, to a digest, and to what it was before it was deleted', async (t) => {
  const { service } = await memoryRegistry()
  for (const image of [first, second, third]) await setTag(service, image)
  await service.history.rollBack(app, 'x', { to: 1 })
  t.is(await now(service), first.digest)
  await service.history.rollBack(app, 'x', { to: second.digest })
  t.is(await now(service), second.digest)
  await service.manifests.remove(app, { tag: 'x' })
  t.is((await service.history.rollBack(app, 'x', {})).before, undefined)
  t.is(await now(service), second.digest)
})

test('back to what it is already is no move', async (t) => {
  const { service } = await memoryRegistry()
  await setTag(service, first)
  const done = await service.history.rollBack(app, 'x', { to: 1 })
  t.is(done.before, done.digest)
  t.is((await service.history.moves(app, 'x')).length, 1)
})

test('refused: what the history does not have, a deletion, and what is gone, which says since when', async (t) => {
  const { service } = await memoryRegistry()
  await setTag(service, first)
  await setTag(service, second)
  await service.manifests.remove(app, { tag: 'x' })
  await setTag(service, third)
  await service.manifests.remove(app, { digest: first.digest })
  const since = (await service.history.moves(app, 'x')).at(-1)?.goneSince ?? 0
  const back = async (to: number | typeof first.digest): Promise<unknown> => service.history.rollBack(app, 'x', { to })
  await t.throwsAsync(back(9), { ...unknown, message: /does not have a move 9/ })
  await t.throwsAsync(back(imageOf('other').digest), { ...unknown, message: /does not have the manifest sha256/ })
  await t.throwsAsync(back(3), { ...unknown, message: /move 3 deleted the tag/ })
  await t.throwsAsync(back(1), { ...unknown, message: new RegExp(`is gone since ${new Date(since).toISOString()}$`) })
  t.is(await now(service), third.digest)
})

test('refused: while the registry is read-only, and for a tag that must stay', async (t) => {
  let isImmutable = false
  const { service } = await memoryRegistry({ immutableBy: () => () => (isImmutable ? 'x' : undefined) })
  await setTag(service, first)
  await setTag(service, second)
  isImmutable = true
  await t.throwsAsync(service.history.rollBack(app, 'x', {}), { code: 'DENIED', message: /immutable/ })
  isImmutable = false
  await service.setReadOnly(true)
  await t.throwsAsync(service.history.rollBack(app, 'x', {}), { code: 'DENIED', message: /read-only/ })
  t.is(await now(service), second.digest)
})

test('what is removed between the look and the change is not set back to', async (t) => {
  const { driver, metadata, service: other } = await memoryRegistry()
  let removal: Promise<void> | undefined
  const { service } = await memoryRegistry({
    driver,
    metadata: {
      ...metadata,
      commit: async (change) => {
        const isTagged = change.put?.some(({ key }) => key.startsWith('tag ')) === true
        if (isTagged) await (removal ??= other.manifests.remove(app, { digest: first.digest }))
        await metadata.commit(change)
      },
    },
  })
  await setTag(other, first)
  await setTag(other, second)
  await t.throwsAsync(service.history.rollBack(app, 'x', {}), { ...unknown, message: /is gone/ })
  t.truthy(removal)
  t.is(await now(other), second.digest)
  t.deepEqual(await checkRegistry({ driver, metadata }), [])
})

test('that something is gone is forgotten when it comes again, and when no history has it', async (t) => {
  const { service, metadata } = await memoryRegistry()
  const isKnown = async (): Promise<boolean> => (await metadata.get(goneRows.key(app, first.digest))) !== undefined
  await setTag(service, first)
  await setTag(service, second)
  await service.manifests.remove(app, { digest: first.digest })
  t.true(await isKnown())
  await setTag(service, first)
  t.false(await isKnown())
  await setTag(service, second)
  await service.manifests.remove(app, { digest: first.digest })
  for (let i = 0; i < 102; i++) await setTag(service, i % 2 === 0 ? third : second)
  t.is((await metadata.list({ prefix: historyRows.prefix(app, 'x'), limit: 1000 })).length, 100)
  t.false(await isKnown())
})

test('what never had a tag leaves nothing behind', async (t) => {
  const { service, metadata } = await memoryRegistry()
  await setTag(service, second)
  await pushArtifact(service, app, first)
  await service.manifests.remove(app, { digest: first.digest })
  t.is(await metadata.get(goneRows.key(app, first.digest)), undefined)
})
