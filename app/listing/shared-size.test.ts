import test from 'ava'
import { addTarLayer, storeFor } from '../../builder/store/testing/fixture.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { sharedSizes } from './shared-size.ts'

test('a layer of two images is shared, one of one image is unique, a double one counts once', async (t) => {
  const store = storeFor(t)
  const add = async (label: string, ...texts: readonly string[]): Promise<void> => {
    const layers = []
    for (const text of texts) layers.push(await addTarLayer(store, text))
    const { manifest, config, manifestDigest } = makeImage(layers, { author: label })
    await store.images.put(manifest, config)
    await store.tags.set(`docker.io/library/${label}:1`, manifestDigest)
  }
  await add('one', 'base', 'first')
  await add('two', 'base', 'seconds', 'seconds')
  await add('alone', 'alone')
  const sizes = sharedSizes(store.images.list()).map(({ image, ...rest }) => [image.names[0], rest])
  t.deepEqual(Object.fromEntries(sizes), {
    'docker.io/library/one:1': { size: 9, shared: 4, unique: 5 },
    'docker.io/library/two:1': { size: 11, shared: 4, unique: 7 },
    'docker.io/library/alone:1': { size: 5, shared: 0, unique: 5 },
  })
})
