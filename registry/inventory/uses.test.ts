import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { collectedRegistry } from '../gc/testing/collected-registry.ts'
import { imageOf, named, pushBlob, pushed } from '../service/testing/images.ts'
import { usesIn } from './uses.ts'

const app = named('team/app')

test('whoever says to run a config runs every image that has it', async (t) => {
  const { service, inner } = await collectedRegistry(t)
  const images = Array.from({ length: 150 }, (_, i) => imageOf('one', { annotations: { build: `${i}` } }))
  const blobs = images[0]?.blobs ?? []
  for (const blob of blobs) await pushBlob(service, app, blob)
  for (const image of images) await service.manifests.put(app, { digest: image.digest }, pushed(image))
  const reported = new Map([[digestOf(blobs[0] ?? Buffer.alloc(0)), 'cluster']])
  const uses = await usesIn({ metadata: inner.metadata, leases: { isPushed: () => false }, reported }, app)
  t.deepEqual(
    images.filter(({ digest }) => uses(digest, [digest]) !== 'cluster runs it'),
    [],
  )
  const other = imageOf('two').digest
  t.is(uses(other, [other]), undefined)
})
