import { randomBytes } from 'node:crypto'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { memoryService } from './testing/memory-service.ts'
import { serve } from './testing/served.ts'

test('push and pull', async (t) => {
  const { ask, finished } = await serve(t, { service: memoryService() })
  const blob = randomBytes(3_000_000)
  const digest = digestOf(blob)
  const started = await ask('POST', '/v2/a/b/blobs/uploads/')
  t.is(started.status, 202)
  t.like(started.headers, { 'content-length': '0', range: '0-0', 'x-upload-offset': '0' })
  const location = String(started.headers.location)
  const patched = await ask('PATCH', location, { body: [blob.subarray(0, 1_000_000), blob.subarray(1_000_000)] })
  t.deepEqual([patched.status, patched.headers.range], [202, '0-2999999'])
  t.is((await ask('GET', location)).status, 204)
  const put = await ask('PUT', `${location}?digest=${digest}`)
  t.deepEqual([put.status, put.headers.location], [201, `/v2/a/b/blobs/${digest}`])
  const got = await ask('GET', `/v2/a/b/blobs/${digest}`)
  t.true(got.body.equals(blob))
  const part = await ask('GET', `/v2/a/b/blobs/${digest}`, { headers: { Range: 'bytes=5-9' } })
  t.deepEqual([part.status, part.body.toString('hex')], [206, blob.subarray(5, 10).toString('hex')])
  const config = { mediaType: mediaTypes.ociConfig, digest, size: blob.length }
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] })
  const pushed = await ask('PUT', '/v2/a/b/manifests/x', {
    body: manifest,
    headers: { 'Content-Type': mediaTypes.ociManifest },
  })
  t.is(pushed.status, 201)
  const pulled = await ask('GET', '/v2/a/b/manifests/x')
  t.is(pulled.body.toString(), manifest)
  const unknown = await ask('GET', '/v2/a/b')
  t.deepEqual([unknown.status, unknown.codes], [404, ['UNSUPPORTED']])
  const root = await ask('GET', '/')
  t.is(root.status, 200)
  const other = await ask('GET', '/other')
  t.deepEqual([other.status, other.codes], [404, ['UNSUPPORTED']])
  t.log(
    finished.map(
      (f) =>
        `${f.method} ${f.route} ${f.status} ${f.receivedBytes} ${f.sentBytes} ${f.isAborted} ${f.milliseconds.toFixed(1)}`,
    ),
  )
})
