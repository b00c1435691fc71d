import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { digestOf } from '../../../shared/base/digest.ts'
import { type Check, checks, digestChecks } from './check.ts'
import {
  assertEmpty,
  assertError,
  assertHeader,
  assertStatus,
  locationOf,
  octets,
  type Scene,
  withQuery,
} from './scene.ts'

/** The blob is there, byte for byte, under the digest of the scene. */
async function assertBlob(scene: Scene, bytes: Uint8Array): Promise<void> {
  const answer = await scene.askHere('GET', `blobs/${scene.digest(bytes)}`)
  assertStatus(answer, 200)
  assert.deepEqual(answer.body, Buffer.from(bytes))
}

async function assertNoBlob(scene: Scene, digest: string): Promise<void> {
  assertStatus(await scene.askHere('HEAD', `blobs/${digest}`), 404)
}

const monolithic: readonly Check[] = digestChecks('Pushing a blob monolithically: POST then PUT', [
  [
    'upload-put',
    'MUST',
    'takes the whole blob with PUT: 201, Location, nothing in the body',
    async (scene) => {
      const bytes = randomBytes(4096)
      const answer = await scene.ask('PUT', withQuery(await scene.start(), { digest: scene.digest(bytes) }), {
        headers: octets,
        body: bytes,
      })
      assertStatus(answer, 201)
      assertEmpty(answer)
      assert.deepEqual((await scene.ask('GET', locationOf(answer))).body, bytes)
    },
  ],
  [
    'upload-put-header',
    'SHOULD',
    'names the digest of the blob in the answer',
    async (scene) => {
      const bytes = randomBytes(64)
      const digest = scene.digest(bytes)
      assertHeader(
        await scene.ask('PUT', withQuery(await scene.start(), { digest }), { body: bytes }),
        'docker-content-digest',
        digest,
      )
    },
  ],
  [
    'upload-put-chunked',
    'MUST',
    'takes a body without Content-Length',
    async (scene) => {
      const bytes = randomBytes(4096)
      const location = withQuery(await scene.start(), { digest: scene.digest(bytes) })
      assertStatus(await scene.ask('PUT', location, { headers: octets, body: bytes, isChunked: true }), 201)
      await assertBlob(scene, bytes)
    },
  ],
  [
    'upload-algorithm',
    'MAY',
    'takes ?digest-algorithm= when a session is started',
    async (scene) => {
      const bytes = randomBytes(512)
      const location = await scene.start(`?digest-algorithm=${scene.algorithm}`)
      assertStatus(await scene.ask('PUT', withQuery(location, { digest: scene.digest(bytes) }), { body: bytes }), 201)
      await assertBlob(scene, bytes)
    },
  ],
  [
    'upload-algorithm-other',
    'ours',
    'takes a digest of another algorithm than was announced',
    async (scene) => {
      const bytes = randomBytes(512)
      const location = await scene.start(`?digest-algorithm=${scene.algorithm === 'sha256' ? 'sha512' : 'sha256'}`)
      assertStatus(await scene.ask('PUT', withQuery(location, { digest: scene.digest(bytes) }), { body: bytes }), 201)
      await assertBlob(scene, bytes)
    },
  ],
  [
    'upload-encoded-digest',
    'MUST',
    'takes a digest whose colon is percent-encoded',
    async (scene) => {
      const bytes = randomBytes(64)
      const location = await scene.start()
      const digest = encodeURIComponent(scene.digest(bytes))
      assertStatus(
        await scene.ask('PUT', `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`, { body: bytes }),
        201,
      )
    },
  ],
  [
    'upload-wrong-digest',
    'MUST',
    'refuses bytes of another digest, and keeps nothing',
    async (scene) => {
      const wrong = scene.digest('other bytes')
      const answer = await scene.ask('PUT', withQuery(await scene.start(), { digest: wrong }), { body: 'these bytes' })
      assertError(answer, [400], ['DIGEST_INVALID'])
      await assertNoBlob(scene, wrong)
      await assertNoBlob(scene, scene.digest('these bytes'))
    },
  ],
  [
    'upload-twice',
    'MUST',
    'takes the same blob again',
    async (scene) => {
      const bytes = randomBytes(128)
      await scene.pushBlob(bytes)
      await scene.pushBlob(bytes)
      await assertBlob(scene, bytes)
    },
  ],
])

const single: readonly Check[] = digestChecks('Pushing a blob monolithically: single POST', [
  [
    'single-post',
    'MAY',
    'takes a blob in one POST: 201, and a Location that can be pulled',
    async (scene) => {
      const bytes = randomBytes(1000)
      const answer = await scene.askHere('POST', `blobs/uploads/?digest=${scene.digest(bytes)}`, {
        headers: octets,
        body: bytes,
      })
      assertStatus(answer, 201)
      assertEmpty(answer)
      assert.deepEqual((await scene.ask('GET', locationOf(answer))).body, bytes)
    },
  ],
  [
    'single-post-fallback',
    'SHOULD',
    'answers 201, or 202 with a Location at which the blob can be put',
    async (scene) => {
      const bytes = randomBytes(1000)
      const answer = await scene.askHere('POST', `blobs/uploads/?digest=${scene.digest(bytes)}`, {
        headers: octets,
        body: bytes,
      })
      assertStatus(answer, 201, 202)
      if (answer.status === 202)
        assertStatus(
          await scene.ask('PUT', withQuery(locationOf(answer), { digest: scene.digest(bytes) }), { body: bytes }),
          201,
        )
      await assertBlob(scene, bytes)
    },
  ],
  [
    'single-post-empty',
    'MAY',
    'takes an empty blob in one POST',
    async (scene) => {
      assertStatus(
        await scene.askHere('POST', `blobs/uploads/?digest=${scene.digest('')}`, { headers: octets, body: '' }),
        201,
      )
      await assertBlob(scene, Buffer.alloc(0))
    },
  ],
  [
    'single-post-chunked',
    'MAY',
    'takes a blob in one POST without Content-Length',
    async (scene) => {
      const bytes = randomBytes(1000)
      const path = `blobs/uploads/?digest=${scene.digest(bytes)}`
      assertStatus(await scene.askHere('POST', path, { headers: octets, body: bytes, isChunked: true }), 201)
      await assertBlob(scene, bytes)
    },
  ],
  [
    'single-post-wrong',
    'MUST',
    'refuses a POST whose bytes have another digest',
    async (scene) => {
      const wrong = scene.digest('other bytes')
      assertError(
        await scene.askHere('POST', `blobs/uploads/?digest=${wrong}`, { headers: octets, body: 'bytes' }),
        [400],
        ['DIGEST_INVALID'],
      )
      await assertNoBlob(scene, wrong)
    },
  ],
])

const singleBad: readonly Check[] = checks('Pushing a blob monolithically: single POST', [
  [
    'single-post-bad-digest',
    'MUST',
    'refuses a POST with a digest of bad syntax',
    async (scene) => {
      for (const digest of ['sha256:abc', 'nothing', `md5:${digestOf('x').slice(7, 39)}`])
        assertError(
          await scene.askHere('POST', `blobs/uploads/?digest=${digest}`, { headers: octets, body: 'x' }),
          [400],
          ['DIGEST_INVALID'],
        )
    },
  ],
])

/** Push: blobs in one piece. */
export const pushBlobs: readonly Check[] = [...monolithic, ...single, ...singleBad]
