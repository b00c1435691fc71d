import assert from 'node:assert/strict'
import { type Check, checks, digestChecks } from './check.ts'
import { assertEmpty, assertError, assertHeader, assertStatus, locationOf, type Scene, withQuery } from './scene.ts'

const uuid = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i

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

/** Push: sessions, and digests that are none. */
export const pushSessions: readonly Check[] = [...sessions, ...badDigests]
