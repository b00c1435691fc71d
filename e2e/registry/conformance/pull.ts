import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { digestOf } from '../../../shared/base/digest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type Check, checks, digestChecks } from './check.ts'
import { assertError, assertHeader, assertStatus, locationOf, type Scene } from './scene.ts'

const unknownTag = 'not-there'
const empty = ''

async function pushedBlob(scene: Scene): Promise<{ path: string; digest: string; bytes: Buffer }> {
  const { digest, bytes } = await scene.pushBlob(randomBytes(2048))
  return { path: `blobs/${digest}`, digest, bytes }
}

const manifests: readonly Check[] = digestChecks('Pulling manifests', [
  [
    'manifest-get-digest',
    'MUST',
    'answers GET by digest with 200 and the bytes that were pushed',
    async (scene) => {
      const pushed = await scene.pushImage()
      const answer = await scene.getManifest(pushed.digest)
      assertStatus(answer, 200)
      assert.deepEqual(answer.body, pushed.bytes)
    },
  ],
  [
    'manifest-get-digest-header',
    'MUST',
    'names the digest that was asked for in Docker-Content-Digest',
    async (scene) => {
      const pushed = await scene.pushImage()
      for (const method of ['GET', 'HEAD'])
        assertHeader(await scene.getManifest(pushed.digest, method), 'docker-content-digest', pushed.digest)
    },
  ],
  [
    'manifest-get-type',
    'MUST',
    'sends the Content-Type of the push, without parameters',
    async (scene) => {
      const pushed = await scene.pushImage()
      for (const method of ['GET', 'HEAD'])
        assertHeader(await scene.getManifest(pushed.digest, method), 'content-type', pushed.mediaType)
    },
  ],
  [
    'manifest-head',
    'MUST',
    'answers HEAD with 200, the exact Content-Length and no body',
    async (scene) => {
      const pushed = await scene.pushImage()
      const answer = await scene.getManifest(pushed.digest, 'HEAD')
      assertStatus(answer, 200)
      assertHeader(answer, 'content-length', String(pushed.bytes.byteLength))
      assert.equal(answer.body.byteLength, 0)
    },
  ],
  [
    'manifest-digest-unknown',
    'MUST',
    'answers 404 for a digest that is not there',
    async (scene) => {
      await scene.pushImage()
      assertError(await scene.getManifest(scene.digest('nothing')), [404], ['MANIFEST_UNKNOWN'])
      assertStatus(await scene.getManifest(scene.digest('nothing'), 'HEAD'), 404)
    },
  ],
  [
    'manifest-of-blob',
    'ours',
    'never serves a blob that is no manifest as one',
    async (scene) => {
      await scene.pushImage()
      const { digest } = await scene.pushBlob()
      assertStatus(await scene.getManifest(digest), 404)
    },
  ],
  [
    'manifest-other-repository',
    'MUST',
    'does not serve what only another repository has',
    async (scene) => {
      const { digest } = await scene.other().pushImage()
      await scene.pushImage({ annotations: { unlike: 'the other' } })
      assertStatus(await scene.getManifest(digest), 404)
    },
  ],
])

const tagged: readonly Check[] = checks('Pulling manifests', [
  [
    'manifest-get-tag',
    'MUST',
    'answers GET by tag with 200, the bytes and their digest',
    async (scene) => {
      const pushed = await scene.pushImage({}, 'a-tag')
      const answer = await scene.getManifest('a-tag')
      assertStatus(answer, 200)
      assert.deepEqual(answer.body, pushed.bytes)
      assertHeader(answer, 'docker-content-digest', pushed.digest)
    },
  ],
  [
    'manifest-head-tag',
    'MUST',
    'answers HEAD by tag with size, type and digest',
    async (scene) => {
      const pushed = await scene.pushImage({}, 'a-tag')
      const answer = await scene.getManifest('a-tag', 'HEAD')
      assertStatus(answer, 200)
      assertHeader(answer, 'docker-content-digest', pushed.digest)
      assertHeader(answer, 'content-type', pushed.mediaType)
      assertHeader(answer, 'content-length', String(pushed.bytes.byteLength))
    },
  ],
  [
    'manifest-tag-unknown',
    'MUST',
    'answers 404 for a tag that is not there',
    async (scene) => {
      await scene.pushImage()
      assertError(await scene.getManifest(unknownTag), [404], ['MANIFEST_UNKNOWN'])
      assertStatus(await scene.getManifest(unknownTag, 'HEAD'), 404)
    },
  ],
  [
    'manifest-repository-unknown',
    'MUST',
    'answers 404 in a repository that is not there',
    async (scene) => {
      assertError(await scene.getManifest(unknownTag), [404], ['NAME_UNKNOWN', 'MANIFEST_UNKNOWN'])
    },
  ],
  [
    'manifest-tag-longest',
    'MUST',
    'takes a tag of 128 characters, and refuses one more',
    async (scene) => {
      const longest = `A${'-_.z'.repeat(40)}`.slice(0, 128)
      const pushed = await scene.pushImage({}, longest)
      assert.deepEqual((await scene.getManifest(longest)).body, pushed.bytes)
      assertStatus((await scene.putManifest(pushed.bytes, `${longest}x`)).answer, 400, 404)
    },
  ],
  [
    'manifest-tag-case',
    'MUST',
    'tells tags apart that differ in case only',
    async (scene) => {
      const [upper, lower] = [
        await scene.pushImage({}, 'Tag'),
        await scene.pushImage({ annotations: { of: 'lower' } }, 'tag'),
      ]
      assert.deepEqual((await scene.getManifest('Tag')).body, upper.bytes)
      assert.deepEqual((await scene.getManifest('tag')).body, lower.bytes)
    },
  ],
  [
    'manifest-bad-reference',
    'MUST',
    'refuses references that are neither tag nor digest',
    async (scene) => {
      await scene.pushImage({}, 'a-tag')
      for (const ref of ['.a', '-a', 'sha256:short', 'a%20b', 'a%2fb', 'a%00', '%2e%2e'])
        assertStatus(await scene.getManifest(ref), 400, 404)
    },
  ],
])

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

const conditional: readonly Check[] = checks('Checking if content exists: conditional requests', [
  [
    'etag-manifest',
    'SHOULD',
    'answers 304 to If-None-Match with the digest of a manifest',
    async (scene) => {
      const { digest } = await scene.pushImage({}, 'a-tag')
      for (const ref of [digest, 'a-tag'])
        for (const tag of [`"${digest}"`, `W/"${digest}"`, `"other", "${digest}"`, '*']) {
          const answer = await scene.askHere('GET', `manifests/${ref}`, {
            headers: { 'If-None-Match': tag, Accept: mediaTypes.ociManifest },
          })
          assertStatus(answer, 304)
          assert.equal(answer.body.byteLength, 0)
        }
    },
  ],
  [
    'etag-manifest-other',
    'SHOULD',
    'answers 200 to If-None-Match with another digest',
    async (scene) => {
      const { digest, bytes } = await scene.pushImage({}, 'a-tag')
      const headers = { 'If-None-Match': `"${scene.digest('other')}"`, Accept: mediaTypes.ociManifest }
      const answer = await scene.askHere('GET', 'manifests/a-tag', { headers })
      assert.deepEqual(answer.body, bytes)
      assertHeader(answer, 'etag', `"${digest}"`)
    },
  ],
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

/** Pull: manifests and blobs, by GET and HEAD. */
export const pull: readonly Check[] = [...manifests, ...tagged, ...blobs, ...blobErrors, ...conditional]
