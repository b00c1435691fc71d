import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { digestOf } from '../../../shared/base/digest.ts'
import { type Check, checks, digestChecks } from './check.ts'
import { assertError, assertHeader, assertStatus, locationOf, type Scene } from './scene.ts'

const empty = ''

async function pushedBlob(scene: Scene): Promise<{ path: string; digest: string; bytes: Buffer }> {
  const { digest, bytes } = await scene.pushBlob(randomBytes(2048))
  return { path: `blobs/${digest}`, digest, bytes }
}

const blobs: readonly Check[] = digestChecks('Pulling blobs', [
  [
    'blob-get',
    'MUST',
    'answers GET with 200, the bytes and their length',
    async (scene) => {
      const { path, bytes } = await pushedBlob(scene)
      const answer = await scene.askHere('GET', path)
      assertStatus(answer, 200)
      assert.deepEqual(answer.body, bytes)
      assertHeader(answer, 'content-length', String(bytes.byteLength))
    },
  ],
  [
    'blob-digest-header',
    'MUST',
    'names the digest that was asked for in Docker-Content-Digest',
    async (scene) => {
      const { path, digest } = await pushedBlob(scene)
      for (const method of ['GET', 'HEAD'])
        assertHeader(await scene.askHere(method, path), 'docker-content-digest', digest)
    },
  ],
  [
    'blob-head',
    'MUST',
    'answers HEAD with 200, the exact Content-Length and no body',
    async (scene) => {
      const { path, bytes } = await pushedBlob(scene)
      const answer = await scene.askHere('HEAD', path)
      assertStatus(answer, 200)
      assertHeader(answer, 'content-length', String(bytes.byteLength))
      assert.equal(answer.body.byteLength, 0)
    },
  ],
  [
    'blob-unknown',
    'MUST',
    'answers 404 for a digest that is not there, to GET and HEAD',
    async (scene) => {
      await scene.pushBlob()
      assertError(await scene.askHere('GET', `blobs/${scene.digest('nothing')}`), [404], ['BLOB_UNKNOWN'])
      assertStatus(await scene.askHere('HEAD', `blobs/${scene.digest('nothing')}`), 404)
    },
  ],
  [
    'blob-empty',
    'MUST',
    'keeps a blob of no bytes',
    async (scene) => {
      const { digest } = await scene.pushBlob(empty)
      for (const method of ['GET', 'HEAD']) {
        const answer = await scene.askHere(method, `blobs/${digest}`)
        assertStatus(answer, 200)
        assertHeader(answer, 'content-length', '0')
      }
    },
  ],
  [
    'blob-empty-json',
    'MUST',
    'keeps the empty descriptor `{}`',
    async (scene) => {
      const { digest } = await scene.pushBlob('{}')
      assert.equal((await scene.askHere('GET', `blobs/${digest}`)).body.toString(), '{}')
    },
  ],
  [
    'blob-other-repository',
    'MUST',
    'does not serve what only another repository has',
    async (scene) => {
      const { digest } = await scene.other().pushBlob()
      await scene.pushBlob()
      for (const method of ['GET', 'HEAD']) assertStatus(await scene.askHere(method, `blobs/${digest}`), 404)
    },
  ],
  [
    'blob-no-compression',
    'ours',
    'sends bytes as they are, whatever Accept-Encoding says',
    async (scene) => {
      const bytes = 'compressible '.repeat(500)
      const { digest } = await scene.pushBlob(bytes)
      const answer = await scene.askHere('GET', `blobs/${digest}`, {
        headers: { 'Accept-Encoding': 'zstd;q=1.0, gzip;q=0.8, deflate;q=0.5' },
      })
      assert.equal(answer.header('content-encoding'), undefined)
      assert.equal(answer.body.toString(), bytes)
    },
  ],
])

const blobErrors: readonly Check[] = checks('Pulling blobs', [
  [
    'blob-bad-digest',
    'MUST',
    'refuses digests of bad syntax and of algorithms nobody has',
    async (scene) => {
      await scene.pushBlob()
      const hex = digestOf('x').slice('sha256:'.length)
      const bad = [
        'sha256',
        'sha256:',
        'sha256:abc',
        `sha256:${hex.toUpperCase()}`,
        `sha256:${hex}0`,
        `md5:${hex.slice(32)}`,
        hex,
      ]
      for (const digest of bad)
        for (const method of ['GET', 'HEAD']) assertStatus(await scene.askHere(method, `blobs/${digest}`), 400, 404)
    },
  ],
  [
    'location-blob',
    'MUST',
    'gives a Location of a pushed blob that can be pulled at once',
    async (scene) => {
      const bytes = randomBytes(32)
      const start = await scene.start()
      const answer = await scene.ask('PUT', `${start}${start.includes('?') ? '&' : '?'}digest=${scene.digest(bytes)}`, {
        body: bytes,
      })
      assertStatus(answer, 201)
      assert.deepEqual((await scene.ask('GET', locationOf(answer))).body, bytes)
    },
  ],
])

const caching: readonly Check[] = checks('Checking if content exists: conditional requests', [
  [
    'etag-blob',
    'SHOULD',
    'gives blobs an ETag and answers 304 to it',
    async (scene) => {
      const { path, digest } = await pushedBlob(scene)
      assertHeader(await scene.askHere('GET', path), 'etag', `"${digest}"`)
      assertStatus(await scene.askHere('GET', path, { headers: { 'If-None-Match': `"${digest}"` } }), 304)
    },
  ],
  [
    'blob-cache-control',
    'SHOULD',
    'lets blobs be cached, because they never change',
    async (scene) => {
      const { path } = await pushedBlob(scene)
      assertHeader(await scene.askHere('GET', path), 'cache-control', /max-age=31536000/)
    },
  ],
])

/** Pull: blobs, by GET and HEAD. */
export const pullBlobs: readonly Check[] = [...blobs, ...blobErrors, ...caching]
