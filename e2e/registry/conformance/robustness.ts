import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, checks, digestChecks } from './check.ts'
import { assertStatus, json, locationOf, octets, type Scene, withQuery } from './scene.ts'

const content = randomBytes(2_000_000)
const five = [0, 1, 2, 3, 4]

/** Begins a PATCH of the whole content, sends `bytes` of it and cuts the connection. */
async function cutPatch(scene: Scene, location: string, bytes: number): Promise<void> {
  const headers = { ...octets, 'Content-Length': String(content.byteLength) }
  const outgoing = scene.wire.open('PATCH', location, { headers })
  outgoing.on('error', () => undefined)
  await new Promise((resolve) => {
    outgoing.write(content.subarray(0, bytes), resolve)
  })
  await sleep(100)
  outgoing.destroy()
}

/** How many bytes the registry says it has of an upload, once it noticed that the connection is gone. */
async function offsetOf(scene: Scene, location: string): Promise<{ offset: number; at: string }> {
  for (let i = 0; i < 50; i++) {
    await sleep(100)
    const answer = await scene.ask('GET', location)
    assertStatus(answer, 204, 409)
    const [, end] = /^0-(\d+)$/.exec(answer.header('range') ?? '') ?? []
    if (answer.status === 204 && Number(end) > 0) return { offset: Number(end) + 1, at: locationOf(answer) }
  }
  throw new Error('the registry kept nothing of what came before the connection broke')
}

const broken: readonly Check[] = digestChecks('Resumable push', [
  [
    'cut-resume',
    'SHOULD',
    'keeps what came before a connection broke, and goes on from there',
    async (scene) => {
      const location = await scene.start()
      await cutPatch(scene, location, 1_200_000)
      const { offset, at } = await offsetOf(scene, location)
      assert.ok(offset <= 1_200_000)
      const headers = { ...octets, 'Content-Range': `${offset}-${content.byteLength - 1}` }
      const answer = await scene.ask('PATCH', at, { headers, body: content.subarray(offset) })
      assertStatus(answer, 202)
      const closed = await scene.ask('PUT', withQuery(locationOf(answer), { digest: scene.digest(content) }))
      assertStatus(closed, 201)
      assert.deepEqual((await scene.ask('GET', locationOf(closed))).body, content)
    },
  ],
  [
    'cut-no-blob',
    'MUST',
    'makes no blob of an upload that broke off in its PUT',
    async (scene) => {
      const digest = scene.digest(content)
      const headers = { ...octets, 'Content-Length': String(content.byteLength) }
      const outgoing = scene.wire.open('PUT', withQuery(await scene.start(), { digest }), { headers })
      outgoing.on('error', () => undefined)
      await new Promise((resolve) => {
        outgoing.write(content.subarray(0, 500_000), resolve)
      })
      await sleep(50)
      outgoing.destroy()
      await sleep(100)
      assertStatus(await scene.askHere('HEAD', `blobs/${digest}`), 404)
      await scene.pushBlob(content)
    },
  ],
])

const atOnce: readonly Check[] = digestChecks('Layer upload de-duplication', [
  [
    'same-blob-at-once',
    'MUST',
    'takes the same blob from several clients at once',
    async (scene) => {
      const bytes = randomBytes(300_000)
      await Promise.all(five.map(() => scene.pushBlob(bytes)))
      assert.deepEqual((await scene.askHere('GET', `blobs/${scene.digest(bytes)}`)).body, bytes)
    },
  ],
  [
    'same-blob-repositories',
    'MUST',
    'takes the same blob for several repositories at once',
    async (scene) => {
      const bytes = randomBytes(300_000)
      const scenes = five.map((i) => scene.other(String(i)))
      await Promise.all(scenes.map((each) => each.pushBlob(bytes)))
      for (const each of scenes) assertStatus(await each.askHere('HEAD', `blobs/${scene.digest(bytes)}`), 200)
    },
  ],
])

const together: readonly Check[] = checks('Concurrency', [
  [
    'same-tag-at-once',
    'MUST',
    'ends with one of the manifests that are pushed to a tag at once',
    async (scene) => {
      const image = await scene.image()
      const pushed = await Promise.all(
        five.map((i) => scene.pushManifest({ ...image, annotations: { i: String(i) } }, 'a-tag')),
      )
      const { body } = await scene.getManifest('a-tag')
      assert.ok(pushed.some(({ bytes }) => bytes.equals(body)))
      for (const { digest, bytes } of pushed) assert.deepEqual((await scene.getManifest(digest)).body, bytes)
    },
  ],
  [
    'many-tags-at-once',
    'MUST',
    'loses none of many tags that are pushed at once',
    async (scene) => {
      const { bytes } = await scene.pushImage()
      const tags = Array.from({ length: 40 }, (_, i) => `t${i}`).toSorted()
      await Promise.all(tags.map((tag) => scene.pushManifest(bytes, tag)))
      assert.deepEqual(json<{ tags: string[] }>(await scene.askHere('GET', 'tags/list')).tags, tags)
    },
  ],
  [
    'one-writer',
    'ours',
    'lets one request at a time write to a session',
    async (scene) => {
      const location = await scene.start()
      const parts = [content.subarray(0, 500_000), content.subarray(500_000, 900_000)]
      const answers = await Promise.all(parts.map((body) => scene.ask('PATCH', location, { headers: octets, body })))
      const taken = parts.filter((_, i) => answers[i]?.status === 202)
      for (const answer of answers) assertStatus(answer, 202, 409, 416)
      const state = await scene.ask('GET', location)
      assert.equal(state.status, 204)
      assert.equal(state.header('range'), `0-${taken.reduce((sum, { byteLength }) => sum + byteLength, 0) - 1}`)
    },
  ],
  [
    'delete-while-pulled',
    'ours',
    'ends a pull that goes on while its blob is deleted',
    async (scene) => {
      const { digest } = await scene.pushBlob(content)
      const pull = scene.askHere('GET', `blobs/${digest}`)
      const [pulled] = await Promise.all([pull, scene.askHere('DELETE', `blobs/${digest}`)])
      assertStatus(pulled, 200, 404)
      if (pulled.status === 200) assert.deepEqual(pulled.body, content)
    },
  ],
])

/** Sends bytes as they are and gives all that comes back. */
async function raw(scene: Scene, text: string): Promise<string> {
  const { hostname, port } = new URL(scene.wire.base)
  const socket = connect(Number(port), hostname)
  socket.setTimeout(5000, () => socket.destroy())
  socket.end(text)
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('latin1')
}

const framing: readonly Check[] = checks('Requests (RFC 9112)', [
  [
    'expect-continue',
    'MUST',
    'takes a body that waits for 100 Continue',
    async (scene) => {
      const bytes = randomBytes(100)
      const location = withQuery(await scene.start(), { digest: scene.digest(bytes) })
      assertStatus(
        await scene.ask('PUT', location, { headers: { ...octets, Expect: '100-continue' }, body: bytes }),
        201,
      )
    },
  ],
  [
    'length-and-chunked',
    'MUST',
    'refuses a request that has a Content-Length and is chunked',
    async (scene) => {
      const path = `/v2/${scene.name}/blobs/uploads/`
      const answer = await raw(
        scene,
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      )
      assert.match(answer, /^HTTP\/1\.1 400 /)
    },
  ],
  [
    'long-url',
    'SHOULD',
    'answers 414 or 431 to a path that is too long',
    async (scene) => {
      assertStatus(await scene.ask('GET', `/v2/${scene.name}/manifests/${'a'.repeat(20_000)}`), 400, 404, 414, 431)
    },
  ],
  [
    'long-headers',
    'SHOULD',
    'answers 431 to headers that are too long',
    async (scene) => {
      assertStatus(
        await scene
          .ask('GET', '/v2/', { headers: { 'X-Long': 'a'.repeat(2_000_000) } })
          .catch(() => ({ status: 431, to: '', body: Buffer.alloc(0), header: () => undefined })),
        400,
        431,
      )
    },
  ],
  [
    'alive-after-error',
    'ours',
    'keeps a connection in order after it refused a body',
    async (scene) => {
      const image = await scene.image({ annotations: { long: 'x'.repeat(5 << 20) } })
      await scene.putManifest(image, 'a').catch(() => undefined)
      for (const _ of five) assertStatus(await scene.ask('GET', '/v2/'), 200)
    },
  ],
])

/** What no sentence tests alone: connections that break, and clients that come at once. */
export const robustness: readonly Check[] = [...broken, ...atOnce, ...together, ...framing]
