import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { historyRows, manifestRows, tagRows } from '../storage/rows.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { imageOf, named, pushArtifact, pushBlob, pushed } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'

const app = named('team/app')
const [first, second] = [imageOf('1'), imageOf('2')]

interface TwoServices {
  /** What it does is interrupted. */
  readonly one: RegistryService
  /** Another one over the same stores, which shares no lock and no memory with it: as another process would. */
  readonly other: RegistryService
  readonly metadata: RowStore
  readonly problems: () => Promise<string[]>
  /** At the first change of `one`, or the first look at this key, `intrude` is done before it. */
  readonly interrupt: (intrude: () => Promise<unknown>, key?: string) => void
}

async function twoServices(): Promise<TwoServices> {
  const [driver, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  let waiting: { readonly intrude: () => Promise<unknown>; readonly key: string | undefined } | undefined
  const before = async (key: string | undefined): Promise<void> => {
    if (waiting === undefined || waiting.key !== key) return
    const { intrude } = waiting
    waiting = undefined
    await intrude()
  }
  const interrupted: RowStore = {
    ...metadata,
    get: async (key) => {
      await before(key)
      return metadata.get(key)
    },
    commit: async (change: Change) => {
      if (change.isMinor !== true) await before(undefined)
      await metadata.commit(change)
    },
  }
  const { service: one } = await memoryRegistry({ driver, metadata: interrupted })
  const { service: other } = await memoryRegistry({ driver, metadata })
  return {
    one,
    other,
    metadata,
    problems: () => checkRegistry({ metadata, driver }, { mayLackBlobs: true, mayLackBytes: true }),
    interrupt: (intrude, key) => {
      waiting = { intrude, key }
    },
  }
}

test('a tag is set to a manifest that is removed just before: the manifest is pushed anew', async (t) => {
  const { one, other, interrupt, problems, metadata } = await twoServices()
  const digest = await pushArtifact(one, app, first, ['1'])
  interrupt(() => other.manifests.remove(app, { digest }))
  await one.manifests.put(app, { tag: '2' }, pushed(first))
  t.deepEqual(await problems(), [])
  t.truthy(await metadata.get(manifestRows.key(app, digest)))
})

test('a manifest is removed to which a tag is set just before: the tag goes with it', async (t) => {
  const { one, other, interrupt, problems } = await twoServices()
  const digest = await pushArtifact(one, app, first, ['1'])
  await pushArtifact(one, app, second, ['2'])
  interrupt(() => other.manifests.put(app, { tag: '3' }, pushed(first)))
  await one.manifests.remove(app, { digest })
  t.deepEqual(await problems(), [])
  t.deepEqual((await other.tags(app, { count: 9, last: undefined })).items, ['2'])
})

test('the last manifest is removed and another one pushed just before: the repository stays', async (t) => {
  const { one, other, interrupt, problems } = await twoServices()
  const digest = await pushArtifact(one, app, first)
  interrupt(() => pushArtifact(other, app, second))
  await one.manifests.remove(app, { digest })
  t.deepEqual(await problems(), [])
  t.deepEqual((await other.catalog({ count: 9, last: undefined })).items, [app])
})

test('a blob is removed just before its image is stored: the image is refused', async (t) => {
  const { one, other, interrupt, problems } = await twoServices()
  for (const blob of first.blobs) await pushBlob(one, app, blob)
  interrupt(() => other.blobs.remove(app, digestOf(first.blobs[1] ?? '')))
  await t.throwsAsync(one.manifests.put(app, { tag: '1' }, pushed(first)), { code: 'MANIFEST_BLOB_UNKNOWN' })
  t.deepEqual(await problems(), [])
})

test('a tag is set that was made and removed just before: all three are remembered', async (t) => {
  const { one, other, interrupt, problems, metadata } = await twoServices()
  await pushArtifact(one, app, first)
  await pushArtifact(one, app, second)
  interrupt(async () => {
    await other.manifests.put(app, { tag: '1' }, pushed(second))
    await other.manifests.remove(app, { tag: '1' })
  })
  await one.manifests.put(app, { tag: '1' }, pushed(first))
  t.deepEqual(await problems(), [])
  const rows = await metadata.list({ prefix: historyRows.prefix(app, '1'), limit: 9 })
  t.deepEqual(
    rows.map(({ key, value }) => historyRows.parse(key, value).digest),
    [second.digest, undefined, first.digest],
  )
})

test('a tag is moved by another just before: both moves are remembered, and the later one counts', async (t) => {
  const { one, other, interrupt, problems, metadata } = await twoServices()
  await pushArtifact(one, app, first, ['1'])
  await pushArtifact(one, app, second)
  const third = imageOf('3')
  await pushArtifact(one, app, third)
  interrupt(() => other.manifests.put(app, { tag: '1' }, pushed(second)))
  await one.manifests.put(app, { tag: '1' }, pushed(third))
  t.deepEqual(await problems(), [])
  t.is((await metadata.list({ prefix: historyRows.prefix(app, '1'), limit: 9 })).length, 3)
  const value = await metadata.get(tagRows.key(app, '1'))
  t.is(tagRows.parse('tag', value ?? '').digest, third.digest)
})

test('a tag is removed that was moved just before: it is gone, and its last move remembered', async (t) => {
  const { one, other, interrupt, problems, metadata } = await twoServices()
  await pushArtifact(one, app, first, ['1'])
  await pushArtifact(one, app, second)
  interrupt(() => other.manifests.put(app, { tag: '1' }, pushed(second)))
  await one.manifests.remove(app, { tag: '1' })
  t.deepEqual(await problems(), [])
  t.is(await metadata.get(tagRows.key(app, '1')), undefined)
  t.is((await metadata.list({ prefix: historyRows.prefix(app, '1'), limit: 9 })).length, 3)
})

test('a tag is asked for, and moved while what it led to is removed: what it leads to now is given', async (t) => {
  const { one, other, interrupt } = await twoServices()
  const digest = await pushArtifact(other, app, first, ['1'])
  interrupt(
    async () => {
      await pushArtifact(one, app, second, ['1'])
      await one.manifests.remove(app, { digest })
    },
    manifestRows.key(app, digest),
  )
  t.is((await one.manifests.get(app, { tag: '1' })).digest, second.digest)
})

test('the last two manifests are removed at once: the repository goes', async (t) => {
  const { one, other, interrupt, problems } = await twoServices()
  const digest = await pushArtifact(one, app, first)
  await pushArtifact(one, app, second)
  interrupt(() => other.manifests.remove(app, { digest: second.digest }))
  await one.manifests.remove(app, { digest })
  t.deepEqual(await problems(), [])
  t.deepEqual((await other.catalog({ count: 9, last: undefined })).items, [])
})

test('a manifest is pushed under two tags, one of which it has already and loses just before', async (t) => {
  const { one, interrupt, problems } = await twoServices()
  await pushArtifact(one, app, first, ['1'])
  interrupt(() => one.manifests.remove(app, { tag: '1' }))
  await one.manifests.put(app, { tag: '1' }, pushed(first, ['2']))
  t.deepEqual(await problems(), [])
  t.deepEqual((await one.tags(app, { count: 9, last: undefined })).items, ['1', '2'])
  t.is((await one.manifests.get(app, { tag: '1' })).digest, first.digest)
})

test('what is removed just before its bytes are read is unknown, not damaged', async (t) => {
  const [memory, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  let intrude = async (): Promise<unknown> => undefined
  const driver: BlobDriver = {
    ...memory,
    open: async (digest) => {
      const waiting = intrude
      intrude = async () => undefined
      await waiting()
      return memory.open(digest)
    },
  }
  const { service: one } = await memoryRegistry({ driver, metadata })
  const { service: other } = await memoryRegistry({ driver: memory, metadata })
  for (const ref of [{ digest: first.digest }, { tag: '1' }]) {
    await pushArtifact(other, app, second)
    await pushArtifact(other, app, first, ['1'])
    intrude = () => other.manifests.remove(app, { digest: first.digest })
    await t.throwsAsync(one.manifests.get(app, ref), { code: 'MANIFEST_UNKNOWN' })
  }
  const layer = digestOf(first.blobs[1] ?? '')
  intrude = () => other.blobs.remove(app, layer)
  await t.throwsAsync(one.blobs.open(app, layer), { code: 'BLOB_UNKNOWN' })
})
