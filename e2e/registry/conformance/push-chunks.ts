import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Check, checks, digestChecks } from './check.ts'
import { assertEmpty, assertHeader, assertStatus, locationOf, octets, type Scene, withQuery } from './scene.ts'
import type { Answer } from './wire.ts'

const content = randomBytes(3000)

/** Sends bytes `start` to `end` (exclusive) of the content as a chunk. */
async function patch(scene: Scene, location: string, [start, end]: readonly [number, number]): Promise<Answer> {
  const headers = { ...octets, 'Content-Range': `${start}-${end - 1}` }
  return scene.ask('PATCH', location, { headers, body: content.subarray(start, end) })
}

async function patched(scene: Scene, location: string, part: readonly [number, number]): Promise<string> {
  const answer = await patch(scene, location, part)
  assertStatus(answer, 202)
  return locationOf(answer)
}

async function close(scene: Scene, location: string, bytes: Uint8Array = content): Promise<void> {
  const answer = await scene.ask('PUT', withQuery(location, { digest: scene.digest(bytes) }))
  assertStatus(answer, 201)
  const { body } = await scene.ask('GET', locationOf(answer))
  assert.deepEqual(body, Buffer.from(bytes))
}

async function assertOffset(scene: Scene, location: string, offset: number): Promise<string> {
  const answer = await scene.ask('GET', location)
  assertStatus(answer, 204)
  assertHeader(answer, 'range', `0-${offset - 1}`)
  return locationOf(answer)
}

const chunks: readonly Check[] = digestChecks('Pushing a blob in chunks', [
  [
    'chunk-one',
    'MUST',
    'takes a blob as one chunk and an empty PUT',
    async (scene) => {
      await close(scene, await patched(scene, await scene.start(), [0, content.byteLength]))
    },
  ],
  [
    'chunk-several',
    'MUST',
    'takes several chunks in order',
    async (scene) => {
      let location = await scene.start()
      for (const at of [0, 1000, 2000]) location = await patched(scene, location, [at, at + 1000])
      await close(scene, location)
    },
  ],
  [
    'chunk-last-in-put',
    'MUST',
    'takes the last chunk in the PUT that closes',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 1000])
      const answer = await scene.ask('PUT', withQuery(location, { digest: scene.digest(content) }), {
        headers: { ...octets, 'Content-Range': '1000-2999' },
        body: content.subarray(1000),
      })
      assertStatus(answer, 201)
      assert.deepEqual((await scene.ask('GET', locationOf(answer))).body, content)
    },
  ],
  [
    'chunk-out-of-order',
    'MUST',
    'answers 416 to a chunk that leaves a gap, and goes on from where it was',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 1000])
      assertStatus(await patch(scene, location, [2000, 3000]), 416)
      await close(scene, await patched(scene, await assertOffset(scene, location, 1000), [1000, 3000]))
    },
  ],
  [
    'chunk-again',
    'MUST',
    'answers 416 to a chunk that was sent before, and goes on from where it was',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 1000])
      assertStatus(await patch(scene, location, [0, 1000]), 416)
      await close(scene, await patched(scene, await assertOffset(scene, location, 1000), [1000, 3000]))
    },
  ],
  [
    'chunk-first-late',
    'MUST',
    'answers 416 to a first chunk that does not begin at 0',
    async (scene) => {
      const location = await scene.start()
      assertStatus(await patch(scene, location, [5, 1000]), 416)
      await close(scene, await patched(scene, location, [0, 3000]))
    },
  ],
  [
    'chunk-put-out-of-order',
    'MUST',
    'answers 416 to a PUT whose chunk leaves a gap, and keeps the session',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 1000])
      const answer = await scene.ask('PUT', withQuery(location, { digest: scene.digest(content) }), {
        headers: { ...octets, 'Content-Range': '2000-2999' },
        body: content.subarray(2000),
      })
      assertStatus(answer, 416)
      await close(scene, await patched(scene, await assertOffset(scene, location, 1000), [1000, 3000]))
    },
  ],
  [
    'stream',
    'MUST',
    'takes a body without length and range, and an empty PUT',
    async (scene) => {
      const answer = await scene.ask('PATCH', await scene.start(), { headers: octets, body: content, isChunked: true })
      assertStatus(answer, 202)
      assertHeader(answer, 'range', '0-2999')
      await close(scene, locationOf(answer))
    },
  ],
  [
    'stream-twice',
    'MUST',
    'appends what a second body without range brings',
    async (scene) => {
      const first = await scene.ask('PATCH', await scene.start(), {
        headers: octets,
        body: content.subarray(0, 700),
        isChunked: true,
      })
      const second = await scene.ask('PATCH', locationOf(first), { headers: octets, body: content.subarray(700) })
      assertHeader(second, 'range', '0-2999')
      await close(scene, locationOf(second))
    },
  ],
  [
    'stream-then-put',
    'MUST',
    'appends what a PUT without range brings, and closes',
    async (scene) => {
      const body = content.subarray(0, 700)
      const answer = await scene.ask('PATCH', await scene.start(), { headers: octets, body, isChunked: true })
      const last = { headers: octets, body: content.subarray(700) }
      const closed = await scene.ask('PUT', withQuery(locationOf(answer), { digest: scene.digest(content) }), last)
      assertStatus(closed, 201)
      assert.deepEqual((await scene.ask('GET', locationOf(closed))).body, content)
    },
  ],
  [
    'stream-wrong-digest',
    'MUST',
    'refuses to close with the digest of other bytes',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 3000])
      assertStatus(await scene.ask('PUT', withQuery(location, { digest: scene.digest('other') })), 400)
      assertStatus(await scene.askHere('HEAD', `blobs/${scene.digest('other')}`), 404)
    },
  ],
  [
    'chunk-empty-blob',
    'MUST',
    'closes a session to which nothing was sent as the empty blob',
    async (scene) => {
      await close(scene, await scene.start(), Buffer.alloc(0))
    },
  ],
])

const state: readonly Check[] = checks('Pushing a blob in chunks', [
  [
    'chunk-answer',
    'MUST',
    'answers a chunk with 202, Location, Range and nothing in the body',
    async (scene) => {
      const answer = await patch(scene, await scene.start(), [0, 1000])
      assertStatus(answer, 202)
      assertEmpty(answer)
      assertHeader(answer, 'range', '0-999')
      locationOf(answer)
    },
  ],
  [
    'chunk-range-is-total',
    'MUST',
    'tells in Range all that was uploaded, not the chunk',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 1000])
      assertHeader(await patch(scene, location, [1000, 2500]), 'range', '0-2499')
    },
  ],
  [
    'upload-status',
    'MUST',
    'tells the state of an upload: 204, Location, Range',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 1234])
      const answer = await scene.ask('GET', location)
      assertStatus(answer, 204)
      assertEmpty(answer)
      assertHeader(answer, 'range', '0-1233')
      locationOf(answer)
    },
  ],
  [
    'upload-status-head',
    'Docker',
    'tells the state of an upload to HEAD, too',
    async (scene) => {
      const answer = await scene.ask('HEAD', await patched(scene, await scene.start(), [0, 1234]))
      assertStatus(answer, 204)
      assertHeader(answer, 'range', '0-1233')
    },
  ],
  [
    'chunk-min-length',
    'SHOULD',
    'names its smallest chunk in OCI-Chunk-Min-Length as a number, if it has one',
    async (scene) => {
      const answer = await scene.askHere('POST', 'blobs/uploads/')
      assert.match(answer.header('oci-chunk-min-length') ?? '1', /^\d+$/)
    },
  ],
  [
    'upload-status-new',
    'MUST',
    'tells the state of an upload that has nothing yet',
    async (scene) => {
      const answer = await scene.ask('GET', await scene.start())
      assertStatus(answer, 204)
      assertHeader(answer, 'range', /^0-(0|-1)$/)
    },
  ],
  [
    'upload-status-closed',
    'MUST',
    'answers 404 for the state of an upload that was closed',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 3000])
      await close(scene, location)
      assertStatus(await scene.ask('GET', location), 404)
    },
  ],
  [
    'chunk-416-answer',
    'SHOULD',
    'tells with 416 where to go on: Location and Range',
    async (scene) => {
      const answer = await patch(scene, await patched(scene, await scene.start(), [0, 1000]), [1500, 2000])
      assertStatus(answer, 416)
      assertHeader(answer, 'range', '0-999')
      locationOf(answer)
    },
  ],
  [
    'chunk-bad-range',
    'MUST',
    'refuses a Content-Range that cannot be read or is not that of the body',
    async (scene) => {
      for (const range of ['0', 'a-b', '10-5', '-5', '0-10']) {
        const answer = await scene.ask('PATCH', await scene.start(), {
          headers: { ...octets, 'Content-Range': range },
          body: 'five5',
        })
        assertStatus(answer, 400, 416)
      }
    },
  ],
  [
    'location-of-before',
    'ours',
    'takes chunks at the location that the session began with',
    async (scene) => {
      const location = await scene.start()
      for (const at of [0, 1000, 2000]) await patched(scene, location, [at, at + 1000])
      await close(scene, location)
    },
  ],
])

const cancel: readonly Check[] = checks('Cancel a blob upload', [
  [
    'cancel',
    'SHOULD',
    'answers 204 and forgets the session',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 1000])
      const answer = await scene.ask('DELETE', location)
      assertStatus(answer, 204)
      assertEmpty(answer)
      assertStatus(await scene.ask('GET', location), 404)
      assertStatus(await patch(scene, location, [1000, 2000]), 404)
    },
  ],
  [
    'cancel-twice',
    'MUST',
    'answers 404 when the session is gone',
    async (scene) => {
      const location = await scene.start()
      assertStatus(await scene.ask('DELETE', location), 204)
      assertStatus(await scene.ask('DELETE', location), 404)
    },
  ],
  [
    'cancel-no-blob',
    'MUST',
    'keeps nothing of what was uploaded',
    async (scene) => {
      const location = await patched(scene, await scene.start(), [0, 3000])
      assertStatus(await scene.ask('DELETE', location), 204)
      assertStatus(await scene.ask('PUT', withQuery(location, { digest: scene.digest(content) })), 404)
      assertStatus(await scene.askHere('HEAD', `blobs/${scene.digest(content)}`), 404)
    },
  ],
])

/** Push: blobs in pieces, sessions and their end. */
export const pushChunks: readonly Check[] = [...chunks, ...state, ...cancel]
