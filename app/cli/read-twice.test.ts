import { rmSync } from 'node:fs'
import test from 'ava'
import { entryFile } from '../../builder/store/image-entry.ts'
import { layoutOf } from '../../builder/store/layout.ts'
import { addImage, storeFor } from '../../builder/store/testing/fixture.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { listImage } from '../listing/listed-image.ts'
import { readTwice } from './read-twice.ts'

test('an image that a prune takes away while it is read is gone, not damaged', async (t) => {
  const store = storeFor(t)
  const kept = await addImage(store, 'kept', 'kept:1')
  const gone = await addImage(store, 'gone')
  let looks = 0
  const read = (): readonly ReturnType<typeof listImage>[] => {
    looks++
    const images = store.images.list()
    // What a prune does, in its order, between the two steps of a reader.
    rmSync(entryFile(layoutOf(store.root), { imageID: gone.imageID, manifest: gone.manifestDigest }), { force: true })
    store.blobs.remove(gone.imageID)
    return images.map(listImage)
  }
  const listed = readTwice(read, (found) => found.some(({ known }) => known instanceof IbuildError))
  t.deepEqual(
    listed.map(({ image, known }) => [image.imageID, known instanceof IbuildError]),
    [[kept.imageID, false]],
  )
  t.is(looks, 2)
})

test('what is damaged still is the second time, and other errors are not tried again', (t) => {
  let looks = 0
  const fail = (code: 'STORE_INVALID' | 'USAGE') => (): never => {
    looks++
    throw new IbuildError(code, 'no')
  }
  t.throws(() => readTwice(fail('STORE_INVALID')), { code: 'STORE_INVALID' })
  t.is(looks, 2)
  t.throws(() => readTwice(fail('USAGE')), { code: 'USAGE' })
  t.is(looks, 3)
})
