import test from 'ava'
import type { RegistryClient } from '../../registry/client/types.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { hostPlatform } from '../../shared/oci/platform.ts'
import { briefImages } from './lazy-images.ts'
import { lazyRegistries } from './lazy-registries.ts'

const reference = parseReference('reg:5000/app:1')
const platform = hostPlatform()

/** Counts the clients that are open; of their calls only the first of a search is there. */
function clients() {
  const count = { opened: 0, open: 0 }
  const open = async (): Promise<RegistryClient> => {
    count.opened++
    count.open++
    const repository = { manifest: async () => undefined, hasBlob: async () => true }
    return { repository: () => repository, close: async () => void count.open-- } as unknown as RegistryClient
  }
  return { count, open }
}

test('a build that asks no registry opens no client', async (t) => {
  const { count, open } = clients()
  await lazyRegistries(open).close()
  t.is(count.opened, 0)
})

test('what comes and what goes share a client', async (t) => {
  const { count, open } = clients()
  const registries = lazyRegistries(open)
  t.is(await registries.images.find(reference, { platform }), undefined)
  t.true(await registries.publisher.repository(reference).hasBlob('sha256:x' as never))
  t.deepEqual(count, { opened: 1, open: 1 })
  await registries.close()
  t.is(count.open, 0)
})

test('that a client cannot be opened is told to who asks, and not again at the end', async (t) => {
  const registries = lazyRegistries(() => Promise.reject(new Error('no settings')))
  await t.throwsAsync(registries.images.find(reference, { platform }), { message: 'no settings' })
  await t.throwsAsync(registries.publisher.repository(reference).checkPush(), { message: 'no settings' })
  await t.notThrowsAsync(registries.close())
})

test('images without an end close their client whenever nothing is asked any more', async (t) => {
  const { count, open } = clients()
  const images = briefImages(open)
  await Promise.all([1, 2].map(async () => images.find(reference, { platform })))
  t.deepEqual(count, { opened: 1, open: 0 })
  await images.find(reference, { platform })
  t.deepEqual(count, { opened: 2, open: 0 })
})
