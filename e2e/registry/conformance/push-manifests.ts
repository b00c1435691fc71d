import assert from 'node:assert/strict'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type Check, checks, digestChecks } from './check.ts'
import {
  assertEmpty,
  assertError,
  assertHeader,
  assertStatus,
  locationOf,
  manifestAccept,
  type PushedManifest,
  type Scene,
} from './scene.ts'

/** What was pushed comes back, byte for byte and with its type. */
export async function assertKept(scene: Scene, pushed: PushedManifest): Promise<void> {
  assertStatus(pushed.answer, 201)
  const answer = await scene.getManifest(pushed.digest)
  assertStatus(answer, 200)
  assert.deepEqual(answer.body, pushed.bytes)
  assertHeader(answer, 'content-type', pushed.mediaType)
  assertHeader(await scene.getManifest(pushed.digest, 'HEAD'), 'content-length', String(pushed.bytes.byteLength))
}

const byDigest: readonly Check[] = digestChecks('Pushing manifests', [
  [
    'manifest-put',
    'MUST',
    'takes a manifest by digest: 201, Location, digest, nothing in the body',
    async (scene) => {
      const pushed = await scene.pushImage()
      assertEmpty(pushed.answer)
      assertHeader(pushed.answer, 'docker-content-digest', pushed.digest)
      const answer = await scene.ask('GET', locationOf(pushed.answer), { headers: { Accept: manifestAccept } })
      assert.deepEqual(answer.body, pushed.bytes)
    },
  ],
  [
    'manifest-put-bytes',
    'MUST',
    'keeps the bytes as they are, spaces, order and unknown fields included',
    async (scene) => {
      const text = JSON.stringify(await scene.image({ unknown: { b: 1, a: [1.0, 1e3] } }), undefined, 7)
      await assertKept(scene, await scene.putManifest(Buffer.from(`${text}\n \n`)))
    },
  ],
  [
    'manifest-put-other-digest',
    'MUST',
    'refuses bytes of another digest',
    async (scene) => {
      const image = await scene.image()
      const wrong = scene.digest('other bytes')
      assertError((await scene.putManifest(image, wrong)).answer, [400], ['DIGEST_INVALID', 'MANIFEST_INVALID'])
      assertStatus(await scene.getManifest(wrong), 404)
    },
  ],
  [
    'manifest-put-chunked',
    'MUST',
    'takes a manifest without Content-Length',
    async (scene) => {
      const bytes = Buffer.from(JSON.stringify(await scene.image()))
      const message = { headers: { 'Content-Type': mediaTypes.ociManifest }, body: bytes, isChunked: true }
      assertStatus(await scene.askHere('PUT', `manifests/${scene.digest(bytes)}`, message), 201)
      assert.deepEqual((await scene.getManifest(scene.digest(bytes))).body, bytes)
    },
  ],
  [
    'manifest-put-again',
    'MUST',
    'takes the same manifest again',
    async (scene) => {
      const { bytes } = await scene.pushImage()
      await assertKept(scene, await scene.putManifest(bytes))
    },
  ],
  [
    'manifest-tags',
    'MAY',
    'gives a manifest that is pushed by digest the tags of ?tag=, and names them in OCI-Tag',
    async (scene) => {
      const bytes = Buffer.from(JSON.stringify(await scene.image()))
      const tags = Array.from({ length: 10 }, (_, i) => `v${i}`)
      const path = `manifests/${scene.digest(bytes)}?${tags.map((tag) => `tag=${tag}`).join('&')}`
      const answer = await scene.askHere('PUT', path, {
        headers: { 'Content-Type': mediaTypes.ociManifest },
        body: bytes,
      })
      assertStatus(answer, 201)
      assert.deepEqual(answer.header('oci-tag')?.split(/, */), tags)
      for (const tag of tags) {
        const tagged = await scene.getManifest(tag)
        assert.deepEqual(tagged.body, bytes)
        assertHeader(tagged, 'docker-content-digest', scene.digest(bytes))
      }
    },
  ],
])

const byTag: readonly Check[] = checks('Pushing manifests', [
  [
    'manifest-put-tag',
    'MUST',
    'takes a manifest by tag: 201, Location, and the digest of the bytes',
    async (scene) => {
      const pushed = await scene.pushImage({}, 'a-tag')
      assertHeader(pushed.answer, 'docker-content-digest', pushed.digest)
      const answer = await scene.ask('GET', locationOf(pushed.answer), { headers: { Accept: manifestAccept } })
      assert.deepEqual(answer.body, pushed.bytes)
      assert.deepEqual((await scene.getManifest(pushed.digest)).body, pushed.bytes)
    },
  ],
  [
    'manifest-put-tag-moves',
    'MUST',
    'moves a tag to what is pushed to it, and keeps the manifest from before',
    async (scene) => {
      const before = await scene.pushImage({}, 'a-tag')
      const after = await scene.pushImage({ annotations: { which: 'after' } }, 'a-tag')
      assert.deepEqual((await scene.getManifest('a-tag')).body, after.bytes)
      assert.deepEqual((await scene.getManifest(before.digest)).body, before.bytes)
    },
  ],
  [
    'manifest-tags-bad',
    'ours',
    'refuses ?tag= that is no tag, and keeps nothing',
    async (scene) => {
      const bytes = Buffer.from(JSON.stringify(await scene.image()))
      const path = `manifests/${scene.digest(bytes)}?tag=good&tag=.bad`
      assertError(
        await scene.askHere('PUT', path, { headers: { 'Content-Type': mediaTypes.ociManifest }, body: bytes }),
        [400],
      )
      assertStatus(await scene.getManifest('good'), 404)
    },
  ],
  [
    'manifest-tags-many',
    'SHOULD',
    'answers 414, 431, 413 or 400 to more tags than it takes, or takes them all',
    async (scene) => {
      const bytes = Buffer.from(JSON.stringify(await scene.image()))
      const tags = Array.from({ length: 600 }, (_, i) => `tag=many-${i}`)
      const path = `manifests/${scene.digest(bytes)}?${tags.join('&')}`
      assertStatus(
        await scene.askHere('PUT', path, { headers: { 'Content-Type': mediaTypes.ociManifest }, body: bytes }),
        201,
        400,
        413,
        414,
        431,
      )
    },
  ],
  [
    'manifest-bad-digest',
    'MUST',
    'answers 400 to a digest of bad syntax',
    async (scene) => {
      const image = await scene.image()
      for (const ref of ['sha256:baddigeststring', 'sha256:', `sha256:${'g'.repeat(64)}`])
        assertError((await scene.putManifest(image, ref)).answer, [400], ['DIGEST_INVALID', 'MANIFEST_INVALID'])
    },
  ],
  [
    'manifest-bad-tag',
    'MUST',
    'refuses a tag of bad syntax',
    async (scene) => {
      const image = await scene.image()
      for (const ref of ['.a', '-a', 'a b', 'a'.repeat(129), 'ä'])
        assertStatus((await scene.putManifest(image, encodeURIComponent(ref))).answer, 400, 404)
    },
  ],
  [
    'manifest-no-json',
    'MUST',
    'refuses what is no manifest',
    async (scene) => {
      for (const body of [
        '',
        'no json',
        '[]',
        '{"schemaVersion":2',
        'null',
        `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`,
      ]) {
        const answer = await scene.askHere('PUT', 'manifests/a-tag', {
          headers: { 'Content-Type': mediaTypes.ociManifest },
          body,
        })
        assertError(answer, [400], ['MANIFEST_INVALID'])
      }
      assertStatus(await scene.getManifest('a-tag'), 404)
    },
  ],
  [
    'manifest-type-differs',
    'SHOULD',
    'refuses a Content-Type that is not the mediaType of the manifest',
    async (scene) => {
      const body = JSON.stringify(await scene.image())
      assertError(
        await scene.askHere('PUT', 'manifests/a', { headers: { 'Content-Type': mediaTypes.ociIndex }, body }),
        [400],
        ['MANIFEST_INVALID'],
      )
    },
  ],
  [
    'manifest-type-parameters',
    'SHOULD',
    'ignores parameters of the Content-Type',
    async (scene) => {
      const body = JSON.stringify(await scene.image())
      const headers = { 'Content-Type': `${mediaTypes.ociManifest}; charset=utf-8` }
      assertStatus(await scene.askHere('PUT', 'manifests/a', { headers, body }), 201)
      assertHeader(await scene.getManifest('a'), 'content-type', mediaTypes.ociManifest)
    },
  ],
  [
    'manifest-type-missing',
    'ours',
    'takes the mediaType of the manifest when there is no Content-Type',
    async (scene) => {
      assertStatus(await scene.askHere('PUT', 'manifests/a', { body: JSON.stringify(await scene.image()) }), 201)
      assertHeader(await scene.getManifest('a'), 'content-type', mediaTypes.ociManifest)
    },
  ],
  [
    'manifest-ambiguous',
    'MUST',
    'refuses a document that is an image and an index at once',
    async (scene) => {
      const image = await scene.image({ manifests: [] })
      assertError((await scene.putManifest(image, 'a')).answer, [400], ['MANIFEST_INVALID'])
    },
  ],
  [
    'manifest-blob-unknown',
    'MUST',
    'refuses an image without its layer with MANIFEST_BLOB_UNKNOWN, or keeps it as it is',
    async (scene) => {
      const layer = { mediaType: mediaTypes.ociLayerGzip, digest: scene.digest('not pushed'), size: 10 }
      const { answer, bytes } = await scene.putManifest(await scene.image({ layers: [layer] }), 'a')
      if (answer.status === 201) assert.deepEqual((await scene.getManifest('a')).body, bytes)
      else assertError(answer, [400, 404], ['MANIFEST_BLOB_UNKNOWN'])
    },
  ],
  [
    'manifest-4-mb',
    'MUST',
    'takes a manifest of 3.9 MB',
    async (scene) => {
      const annotations = Object.fromEntries(Array.from({ length: 390 }, (_, i) => [`a${i}`, 'x'.repeat(10_000)]))
      await assertKept(scene, await scene.putManifest(await scene.image({ annotations })))
    },
  ],
  [
    'manifest-too-large',
    'SHOULD',
    'answers 413 to a manifest beyond its limit',
    async (scene) => {
      const { answer } = await scene.putManifest(await scene.image({ annotations: { long: 'x'.repeat(5 << 20) } }), 'a')
      assertStatus(answer, 413)
    },
  ],
])

/** Push: manifests by digest and by tag. */
export const pushManifests: readonly Check[] = [...byDigest, ...byTag]
