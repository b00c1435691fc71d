import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import { fileDriver } from '../../service/testing/blob-services.ts'
import { named, pushBlob } from '../../service/testing/images.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import { type Served, serve } from '../testing/served.ts'

const name = named('team/app')
/** Small ones are answered from memory, large ones through buffers of 64 KiB and more. */
const contents = {
  empty: Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  small: Buffer.from(Array.from({ length: 2048 }, (_, i) => i % 251)),
  large: Buffer.from(Array.from({ length: 3_000_001 }, (_, i) => (i * 7 + (i >> 8)) % 251)),
} as const

interface ServedBlobs extends Served {
  readonly at: (digest: Digest) => string
}

async function served(t: ExecutionContext, where: 'memory' | 'files', blobs: readonly Buffer[]): Promise<ServedBlobs> {
  const driver = where === 'files' ? await fileDriver(t) : undefined
  const { service } = await memoryRegistry(driver && { driver })
  const all = await serve(t, { service })
  for (const blob of blobs) await pushBlob(service, name, blob)
  return { ...all, at: (digest) => `/v2/${name}/blobs/${digest}` }
}

for (const where of ['memory', 'files'] as const) {
  for (const [title, content] of Object.entries(contents)) {
    test(`GET and HEAD of a blob: ${title}, in ${where}`, async (t) => {
      const { ask, at, finished } = await served(t, where, [content])
      const digest = digestOf(content)
      const [get, head, again] = [
        await ask('GET', at(digest)),
        await ask('HEAD', at(digest)),
        await ask('GET', at(digest)),
      ]
      for (const answer of [get, head, again]) {
        t.is(answer.status, 200)
        t.like(answer.headers, {
          'content-type': 'application/octet-stream',
          'content-length': String(content.length),
          'docker-content-digest': digest,
          'accept-ranges': 'bytes',
          etag: `"${digest}"`,
          'cache-control': 'max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
          'content-security-policy': 'sandbox',
          'docker-distribution-api-version': 'registry/2.0',
        })
      }
      t.true(get.body.equals(content) && again.body.equals(content))
      t.is(head.body.length, 0)
      t.deepEqual(
        finished.map(({ method, sentBytes, isAborted }) => [method, sentBytes, isAborted]),
        [
          ['GET', content.length, false],
          ['HEAD', 0, false],
          ['GET', content.length, false],
        ].slice(0, finished.length),
      )
    })
  }

  test(`ranges are what a slice gives, in ${where}`, async (t) => {
    const { ask, at } = await served(t, where, [contents.small, contents.large])
    for (const content of [contents.small, contents.large]) {
      const place = fc.integer({ min: 0, max: content.length + 1000 })
      await fc.assert(
        fc.asyncProperty(place, place, async (start, end) => {
          const { status, headers, body } = await ask('GET', at(digestOf(content)), {
            headers: { Range: `bytes=${start}-${end}` },
          })
          if (start > end || start >= content.length) {
            t.deepEqual([status, headers['content-range']], [416, `bytes */${content.length}`])
            return
          }
          const last = Math.min(end, content.length - 1)
          t.deepEqual([status, headers['content-range']], [206, `bytes ${start}-${last}/${content.length}`])
          t.true(body.equals(content.subarray(start, last + 1)))
        }),
        { numRuns: 40 },
      )
    }
  })
}

test('ranges of other forms', async (t) => {
  const { ask, at } = await served(t, 'memory', [contents.small])
  const content = contents.small
  const digest = digestOf(content)
  for (const [headers, status, expected] of [
    [{ Range: 'bytes=500-' }, 206, content.subarray(500)],
    [{ Range: 'bytes=-500' }, 206, content.subarray(-500)],
    [{ Range: 'bytes=2000-5000' }, 206, content.subarray(2000)],
    [{ Range: 'bytes=0-0,5-6' }, 200, content],
    [{ Range: 'x' }, 200, content],
    [{ Range: 'bytes=0-1', 'If-Range': `"${digest}"` }, 206, content.subarray(0, 2)],
    [{ Range: 'bytes=0-1', 'If-Range': `"${digestOf('x')}"` }, 200, content],
    [{ Range: 'bytes=0-1', 'If-Range': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 200, content],
  ] as const) {
    const answer = await ask('GET', at(digest), { headers })
    t.is(answer.status, status)
    t.true(answer.body.equals(expected), JSON.stringify(headers))
    t.is(answer.headers['content-length'], String(expected.length))
  }
  const refused = await ask('GET', at(digest), { headers: { Range: 'bytes=500-0' } })
  t.deepEqual([refused.status, refused.codes], [416, ['RANGE_INVALID']])
  const head = await ask('HEAD', at(digest), { headers: { Range: 'bytes=0-1' } })
  t.deepEqual([head.status, head.headers['content-length']], [200, '2048'])
})

test('what a client has is not sent again', async (t) => {
  const { ask, at } = await served(t, 'files', [contents.small, contents.large])
  for (const content of [contents.small, contents.large, contents.small]) {
    const digest = digestOf(content)
    const answer = await ask('GET', at(digest), { headers: { 'If-None-Match': `"${digest}"`, Range: 'bytes=0-1' } })
    t.deepEqual([answer.status, answer.body.length, answer.headers.etag], [304, 0, `"${digest}"`])
    await ask('GET', at(digest))
  }
  const unknown = digestOf('unknown')
  t.is((await ask('GET', at(unknown), { headers: { 'If-None-Match': `"${unknown}"` } })).status, 404)
})

test('a blob of another repository is none of this one', async (t) => {
  const { ask, at } = await served(t, 'files', [contents.small])
  await ask('GET', at(digestOf(contents.small)))
  const answer = await ask('GET', `/v2/other/blobs/${digestOf(contents.small)}`)
  t.deepEqual([answer.status, answer.codes], [404, ['BLOB_UNKNOWN']])
})

test('DELETE takes effect at once, also for what was just read', async (t) => {
  const { ask, at } = await served(t, 'files', [contents.small, contents.large])
  for (const content of [contents.small, contents.large]) {
    const path = at(digestOf(content))
    await ask('GET', path)
    await ask('GET', path)
    const removed = await ask('DELETE', path)
    t.deepEqual([removed.status, removed.headers['content-length']], [202, '0'])
    t.is((await ask('HEAD', path)).status, 404)
    t.deepEqual((await ask('GET', path)).codes, ['BLOB_UNKNOWN'])
    t.deepEqual((await ask('DELETE', path)).codes, ['BLOB_UNKNOWN'])
  }
})

for (const digest of ['sha256:bad', `sha256:${'A'.repeat(64)}`, `md5:${'a'.repeat(32)}`, '..%2f..%2fetc', 'x']) {
  test(`not a digest: ${digest.slice(0, 20)}`, async (t) => {
    const { ask } = await serve(t)
    const answer = await ask('GET', `/v2/${name}/blobs/${digest}`)
    t.deepEqual([answer.status, answer.codes], [400, ['DIGEST_INVALID']])
  })
}
