import { gzipSync } from 'node:zlib'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { imageOf, named, pushArtifact } from '../service/testing/images.ts'
import { serve } from './testing/served.ts'

const mebibyte = 1024 * 1024
const name = named('team/app')
/** 64 MiB of zeros, compressed twice: some hundred bytes. */
const bomb = gzipSync(gzipSync(Buffer.alloc(64 * mebibyte)))
const encoded = { 'Content-Encoding': 'gzip' }

test('a layer is stored as it came, whatever is compressed in it and whatever the request says of it', async (t) => {
  const { ask } = await serve(t)
  for (const headers of [{}, encoded]) {
    const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(bomb)}`
    t.is((await ask('POST', path, { body: bomb, headers })).status, 201)
    const { body, headers: answered } = await ask('GET', `/v2/${name}/blobs/${digestOf(bomb)}`)
    t.true(body.equals(bomb))
    t.is(answered['content-encoding'], undefined)
  }
})

test('the digest is that of the bytes that came, not of what is compressed in them', async (t) => {
  const { ask } = await serve(t)
  const inside = Buffer.from('what is compressed')
  const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(inside)}`
  const { status, codes } = await ask('POST', path, { body: gzipSync(inside), headers: encoded })
  t.deepEqual([status, codes], [400, ['DIGEST_INVALID']])
})

test('a compressed manifest is none', async (t) => {
  const { ask, service } = await serve(t)
  const image = imageOf('x')
  await pushArtifact(service, name, image)
  const { status, codes } = await ask('PUT', `/v2/${name}/manifests/compressed`, {
    body: gzipSync(image.bytes),
    headers: { ...encoded, 'Content-Type': image.mediaType },
  })
  t.deepEqual([status, codes], [400, ['MANIFEST_INVALID']])
})
