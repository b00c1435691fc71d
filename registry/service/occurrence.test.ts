import test, { type ExecutionContext } from 'ava'
import type { Change } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import type { Occurrence, Requester } from './occurrence.ts'
import { watched } from './testing/blob-services.ts'
import { imageOf, named, pushArtifact, pushBlob, pushed } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'

const [name, other] = [named('team/app'), named('other')]
const image = imageOf('one')
const by: Requester = {
  id: 'r1',
  method: 'PUT',
  address: '192.0.2.1:1',
  host: 'r',
  isEncrypted: false,
  agent: 'a',
  actor: 'ann',
}

interface Told {
  readonly service: RegistryService
  /** Of each change that tells of anything: that, and the rows that it puts and removes. */
  readonly changes: { readonly told: string[]; readonly put: string[]; readonly remove: string[] }[]
  /** Who was told of. */
  readonly requesters: (string | undefined)[]
}

async function telling(t: ExecutionContext): Promise<Told> {
  const changes: Told['changes'] = []
  const requesters: (string | undefined)[] = []
  const kindsOf = (keys: readonly string[]): string[] => keys.map((key) => key.split(' ')[0] ?? '')
  const metadata = watched(createMemoryMetadata(), ({ append = [], put = [], remove = [] }: Change) => {
    if (append.length === 0) return
    const told = append.map(({ value }) => value)
    changes.push({ told, put: kindsOf(put.map(({ key }) => key)), remove: kindsOf(remove) })
  })
  const { service } = await memoryRegistry({
    metadata,
    tell: (occurrences, requester) => {
      requesters.push(requester?.actor)
      return occurrences.map((one) => ({ log: 'event', value: textOf(one) }))
    },
  })
  t.teardown(() => service.close())
  return { service, changes, requesters }
}

function textOf({ action, kind, name: repository, digest, tag, from, size, mediaType }: Occurrence): string {
  return JSON.stringify([action, kind, repository, digest, tag, from, size, mediaType])
}

function text(action: Occurrence['action'], kind: Occurrence['kind'], more: Partial<Occurrence>): string {
  return textOf({ action, kind, name, ...more })
}

const ofManifest = { digest: image.digest, size: image.bytes.length, mediaType: image.mediaType }

test('a blob is told in the change that makes it one of the repository', async (t) => {
  const { service, changes } = await telling(t)
  const bytes = Buffer.from('blob')
  const digest = await pushBlob(service, name, bytes)
  t.is(changes.length, 1)
  t.deepEqual(changes[0]?.told, [text('push', 'blob', { digest, size: 4 })])
  t.true(changes[0]?.put.includes('link'))
})

test('a manifest is told in its own change, once for each tag', async (t) => {
  const { service, changes, requesters } = await telling(t)
  for (const blob of image.blobs) await pushBlob(service, name, blob)
  changes.length = requesters.length = 0
  await service.manifests.put(name, { tag: 'a' }, { ...pushed(image, ['b']), by })
  await service.manifests.put(name, { digest: image.digest }, { ...pushed(image), by })
  t.deepEqual(
    changes.map(({ told }) => told),
    [['a', 'b'].map((tag) => text('push', 'manifest', { ...ofManifest, tag })), [text('push', 'manifest', ofManifest)]],
  )
  t.true(changes[0]?.put.includes('manifest') && changes[0].put.includes('tag'))
  t.deepEqual(changes[1]?.put, [], 'a push that changes nothing is told of as well')
  t.deepEqual(requesters, ['ann', 'ann'])
})

test('what is refused is not told', async (t) => {
  const { service, changes } = await telling(t)
  await t.throwsAsync(service.manifests.put(name, { tag: 'a' }, pushed(image)))
  await t.throwsAsync(service.manifests.remove(name, { tag: 'a' }))
  await t.throwsAsync(service.blobs.remove(name, image.digest))
  t.deepEqual(changes, [])
})

test('a tag that goes, and a manifest that goes with its tags, are told in the changes that take them', async (t) => {
  const { service, changes } = await telling(t)
  await pushArtifact(service, name, image, ['a', 'b', 'c'])
  changes.length = 0
  await service.manifests.remove(name, { tag: 'b' }, { by })
  await service.manifests.remove(name, { digest: image.digest }, { by })
  t.deepEqual(
    changes.map(({ told }) => told),
    [
      [text('delete', 'manifest', { tag: 'b' })],
      [
        text('delete', 'manifest', { digest: image.digest }),
        text('delete', 'manifest', { tag: 'a' }),
        text('delete', 'manifest', { tag: 'c' }),
      ],
    ],
  )
  t.true(changes[0]?.remove.includes('tag'))
  t.true(changes[1]?.remove.includes('manifest'))
})

test('a mount tells where it is from, and a blob that goes that it does', async (t) => {
  const { service, changes } = await telling(t)
  const digest = await pushBlob(service, other, Buffer.from('blob'))
  changes.length = 0
  t.true(await service.blobs.mount(name, digest, { by }))
  await service.blobs.remove(name, digest, by)
  t.deepEqual(
    changes.map(({ told }) => told),
    [[text('mount', 'blob', { digest, size: 4, from: other })], [text('delete', 'blob', { digest })]],
  )
  t.true(changes[0]?.put.includes('link'))
  t.true(changes[1]?.remove.includes('link'))
})
