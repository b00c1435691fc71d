import assert from 'node:assert/strict'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type Check, checks, digestChecks } from './check.ts'
import { assertError, assertHeader, assertStatus } from './scene.ts'

const unknownTag = 'not-there'

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
])

/** Pull: manifests, by GET and HEAD. */
export const pullManifests: readonly Check[] = [...manifests, ...tagged, ...conditional]
