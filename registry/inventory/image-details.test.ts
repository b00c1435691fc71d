import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { collectedRegistry } from '../gc/testing/collected-registry.ts'
import { artifactOf, named, pushArtifact } from '../service/testing/images.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createDetailsLook } from './image-details.ts'

const app = named('team/app')

test('nothing is known of an image whose config has other bytes than it should, until that is whole again', async (t) => {
  const memory = createMemoryDriver()
  const bytes = Buffer.from(JSON.stringify({ config: { Labels: { keep: 'yes', long: 'x'.repeat(100_000) } } }))
  const digest = digestOf(bytes)
  let isDamaged = true
  const driver: BlobDriver = {
    ...memory,
    open: async (of) => {
      const reader = await memory.open(of)
      if (reader === undefined || of !== digest || !isDamaged) return reader
      return { ...reader, read: async (target) => target.fill(0x20).byteLength }
    },
  }
  const { service } = await collectedRegistry(t, { driver })
  const config = { mediaType: mediaTypes.ociConfig, digest, size: bytes.length }
  const image = await pushArtifact(service, app, artifactOf({ config, layers: [] }, [bytes]), ['1'])
  const look = createDetailsLook(service)
  t.is(await look(app, image), undefined)
  isDamaged = false
  t.is((await look(app, image))?.labels['keep'], 'yes')
})
