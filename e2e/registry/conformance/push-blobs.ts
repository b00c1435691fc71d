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

const uuid = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i

/** The blob is there, byte for byte, under the digest of the scene. */
async function assertBlob(scene: Scene, bytes: Uint8Array): Promise<void> {
  const answer = await scene.askHere('GET', `blobs/${scene.digest(bytes)}`)
  assertStatus(answer, 200)
  assert.deepEqual(answer.body, Buffer.from(bytes))
}

async function assertNoBlob(scene: Scene, digest: string): Promise<void> {
  assertStatus(await scene.askHere('HEAD', `blobs/${digest}`), 404)
}

const sessions: readonly Check[] = checks('Pushing a blob monolithically: POST then PUT', [
  [
    'upload-start',
    'MUST',
    'starts an upload with 202, a Location and nothing in the body',
    async (scene) => {
      const answer = await scene.askHere('POST', 'blobs/uploads/')
      assertStatus(answer, 202)
      assertEmpty(answer)
      locationOf(answer)
    },
  ],
  [
    'upload-location-uuid',
    'MUST',
    'gives a Location that contains a unique UUID',
    async (scene) => {
      const locations = [await scene.start(), await scene.start()]
      for (const location of locations) assert.match(location, uuid)
      assert.notEqual(uuid.exec(locations[0] ?? '')?.[0], uuid.exec(locations[1] ?? '')?.[0])
    },
  ],
  [
    'upload-uuid-header',
    'Docker',
    'names the session in Docker-Upload-UUID and its range in Range',
    async (scene) => {
      const answer = await scene.askHere('POST', 'blobs/uploads/')
      const id = answer.header('docker-upload-uuid')
      assert.ok(id !== undefined && locationOf(answer).includes(id), 'the session of the Location is another one')
      assertHeader(answer, 'range', /^0-(0|-1)$/)
    },
  ],
  [
    'upload-location-plain',
    'ours',
    'gives a Location that is relative and has no query',
    async (scene) => {
      assert.match(await scene.start(), /^\/v2\/[^?]+$/)
    },
  ],
  [
    'upload-name-bad',
    'MUST',
    'refuses to start an upload in a repository with a bad name',
    async (scene) => {
      for (const name of ['UPPER', 'a..b', '-a', 'a_', '_a', 'a___b', 'a'.repeat(256)])
        assertStatus(await scene.ask('POST', `/v2/${name}/blobs/uploads/`), 400, 404)
    },
  ],
  [
    'upload-session-unknown',
    'MUST',
    'answers 404 to requests for a session that is not there',
    async (scene) => {
      const location = (await scene.start()).replace(uuid, '00000000-0000-4000-8000-000000000000')
      for (const method of ['GET', 'PATCH', 'DELETE']) assertStatus(await scene.ask(method, location), 404)
      const answer = await scene.ask('PUT', withQuery(location, { digest: scene.digest('') }))
      assertStatus(answer, 404)
      assertError(answer, [404], ['BLOB_UPLOAD_UNKNOWN'])
    },
  ],
  [
    'upload-session-elsewhere',
    'ours',
    'does not let another repository use a session',
    async (scene) => {
      const location = await scene.start()
      await scene.other().start()
      assertStatus(await scene.ask('GET', location.replace(`/v2/${scene.name}/`, `/v2/${scene.other().name}/`)), 404)
    },
  ],
  [
    'upload-digest-missing',
    'MUST',
    'refuses to close a session without a digest',
    async (scene) => {
      assertError(await scene.ask('PUT', await scene.start(), { body: 'x' }), [400], ['DIGEST_INVALID'])
    },
  ],
])

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

const bad =
  (digest: (scene: Scene) => string): Check['run'] =>
  async (scene) => {
    const path = withQuery(await scene.start(), { digest: digest(scene) })
    assertError(await scene.ask('PUT', path, { body: 'bytes' }), [400], ['DIGEST_INVALID'])
  }
const hexOf = (scene: Scene): string => scene.digest('bytes').split(':')[1] ?? ''

const badDigests: readonly Check[] = digestChecks('Pushing a blob monolithically: bad digests', [
  ['digest-empty', 'MUST', 'refuses an empty digest', bad(() => '')],
  ['digest-no-algorithm', 'MUST', 'refuses a digest without algorithm', bad(hexOf)],
  [
    'digest-short',
    'MUST',
    'refuses a digest that is too short',
    bad((scene) => `${scene.algorithm}:${hexOf(scene).slice(1)}`),
  ],
  ['digest-long', 'MUST', 'refuses a digest that is too long', bad((scene) => `${scene.algorithm}:${hexOf(scene)}0`)],
  [
    'digest-upper',
    'MUST',
    'refuses a digest in upper case',
    bad((scene) => `${scene.algorithm}:${hexOf(scene).toUpperCase()}`),
  ],
  [
    'digest-no-hex',
    'MUST',
    'refuses a digest that is no hex',
    bad((scene) => `${scene.algorithm}:${'g'.repeat(hexOf(scene).length)}`),
  ],
  ['digest-unknown', 'MUST', 'refuses an algorithm that nobody has', bad((scene) => `sha999:${hexOf(scene)}`)],
  [
    'digest-mixed',
    'MUST',
    'refuses the name of one algorithm with the length of the other',
    bad((scene) => `${scene.algorithm === 'sha256' ? 'sha512' : 'sha256'}:${hexOf(scene)}`),
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
export const pushBlobs: readonly Check[] = [...sessions, ...monolithic, ...badDigests, ...single, ...singleBad]
