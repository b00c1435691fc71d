import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { CoherentCache } from './coherent-cache.ts'
import { suspendInDoubt } from './doubtful-metadata.ts'
import { imageOf, named, pushArtifact, pushBlob, pushed } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'

const app = named('team/app')
const [first, second] = [imageOf('1'), imageOf('2')]

/** Metadata whose changes fail while `isFailing`, and turn out to be made when one succeeds: as after a sync that failed. */
function late(): { readonly metadata: RowStore; isFailing: boolean } {
  const memory = createMemoryMetadata()
  const waiting: Change[] = []
  const state = {
    isFailing: false,
    metadata: {
      ...memory,
      commit: async (change: Change): Promise<void> => {
        if (state.isFailing) {
          waiting.push(change)
          throw new IbuildError('SYSTEM_CALL', 'the metadata cannot be written')
        }
        for (const each of waiting.splice(0)) await memory.commit(each)
        await memory.commit(change)
      },
    },
  }
  return state
}

test('what was read between a change that failed and turned out to be made is not held', async (t) => {
  const state = late()
  const { service } = await memoryRegistry({ metadata: state.metadata })
  const layer = digestOf(second.blobs[1] ?? '')
  await pushArtifact(service, app, first, ['1'])
  await pushArtifact(service, app, second)
  await pushBlob(service, named('other'), second.blobs[1] ?? Buffer.alloc(0))
  state.isFailing = true
  await t.throwsAsync(service.manifests.put(app, { tag: '1' }, pushed(second)), { code: 'UNAVAILABLE' })
  await t.throwsAsync(service.blobs.remove(app, layer), { code: 'UNAVAILABLE' })
  t.is((await service.manifests.get(app, { tag: '1' })).digest, first.digest)
  t.is(service.manifests.peek(app, { tag: '1' }), undefined)
  t.truthy(await service.blobs.size(app, layer))
  state.isFailing = false
  await pushBlob(service, app, Buffer.from('more'))
  t.is((await service.manifests.get(app, { tag: '1' })).digest, second.digest)
  await t.throwsAsync(service.blobs.size(app, layer), { code: 'BLOB_UNKNOWN' })
  t.is(service.manifests.peek(app, { tag: '1' })?.digest, second.digest, 'and held again')
})

test('what was read in doubt and comes late is not held either', async (t) => {
  const state = late()
  const cache = new CoherentCache<string>(10_000, () => 1)
  const metadata = suspendInDoubt(state.metadata, [cache])
  state.isFailing = true
  await t.throwsAsync(metadata.commit({ put: [{ key: 'a', value: '1' }] }))
  const stamp = cache.stampOf('a')
  state.isFailing = false
  await metadata.commit({ put: [{ key: 'b', value: '1' }] })
  cache.fill('a', 'old', stamp)
  t.is(cache.peek('a'), undefined)
  cache.fill('a', '1', cache.stampOf('a'))
  t.is(cache.peek('a'), '1')
  await t.throwsAsync(metadata.commit({ expect: [{ key: 'a', value: 'x' }], put: [{ key: 'a', value: 'y' }] }))
  t.is(cache.peek('a'), '1', 'a conflict leaves no doubt')
})
