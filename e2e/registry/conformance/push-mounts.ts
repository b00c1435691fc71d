import assert from 'node:assert/strict'
import { type Check, checks, digestChecks } from './check.ts'
import { assertEmpty, assertStatus, locationOf, type Scene, withQuery } from './scene.ts'
import type { Answer } from './wire.ts'

async function mount(scene: Scene, digest: string, from?: string): Promise<Answer> {
  const query = from === undefined ? '' : `&from=${from}`
  return scene.askHere('POST', `blobs/uploads/?mount=${digest}${query}`)
}

/** An upload began, and it works. */
async function assertSession(scene: Scene, answer: Answer): Promise<void> {
  assertStatus(answer, 202)
  const bytes = 'uploaded instead'
  assertStatus(
    await scene.ask('PUT', withQuery(locationOf(answer), { digest: scene.digest(bytes) }), { body: bytes }),
    201,
  )
}

const mounts: readonly Check[] = digestChecks('Mounting a blob from another repository', [
  [
    'mount',
    'MUST',
    'answers 201 with a Location from which the blob can be pulled',
    async (scene) => {
      const { digest, bytes } = await scene.other().pushBlob()
      const answer = await mount(scene, digest, scene.other().name)
      assertStatus(answer, 201)
      assertEmpty(answer)
      assert.deepEqual((await scene.ask('GET', locationOf(answer))).body, bytes)
      assertStatus(await scene.askHere('HEAD', `blobs/${digest}`), 200)
    },
  ],
  [
    'mount-anonymous',
    'MAY',
    'finds the blob by itself when no repository is named',
    async (scene) => {
      const { digest } = await scene.other().pushBlob()
      assertStatus(await mount(scene, digest), 201)
      assertStatus(await scene.askHere('HEAD', `blobs/${digest}`), 200)
    },
  ],
  [
    'mount-missing',
    'SHOULD',
    'starts an upload when the other repository does not have the blob',
    async (scene) => {
      await scene.other().pushBlob()
      await assertSession(scene, await mount(scene, scene.digest('missing'), scene.other().name))
      assertStatus(await scene.askHere('HEAD', `blobs/${scene.digest('missing')}`), 404)
    },
  ],
  [
    'mount-anonymous-missing',
    'SHOULD',
    'starts an upload when nobody has the blob',
    async (scene) => {
      await assertSession(scene, await mount(scene, scene.digest('missing')))
    },
  ],
  [
    'mount-no-repository',
    'SHOULD',
    'starts an upload when the other repository is not there',
    async (scene) => {
      await assertSession(scene, await mount(scene, scene.digest('missing'), `${scene.name}-unknown`))
    },
  ],
  [
    'mount-only-named',
    'SHOULD',
    'does not take the blob from a repository that was not named',
    async (scene) => {
      const { digest } = await scene.other('third').pushBlob()
      await scene.other().pushBlob()
      await assertSession(scene, await mount(scene, digest, scene.other().name))
    },
  ],
  [
    'mount-then-delete',
    'ours',
    'keeps the blob when the repository that it came from drops it',
    async (scene) => {
      const { digest, bytes } = await scene.other().pushBlob()
      assertStatus(await mount(scene, digest, scene.other().name), 201)
      assertStatus(await scene.other().askHere('DELETE', `blobs/${digest}`), 202)
      assert.deepEqual((await scene.askHere('GET', `blobs/${digest}`)).body, bytes)
    },
  ],
  [
    'mount-self',
    'ours',
    'mounts from the repository itself',
    async (scene) => {
      const { digest } = await scene.pushBlob()
      assertStatus(await mount(scene, digest, scene.name), 201)
    },
  ],
])

const bad: readonly Check[] = checks('Mounting a blob from another repository', [
  [
    'mount-bad-digest',
    'ours',
    'refuses a digest of bad syntax, or starts an upload',
    async (scene) => {
      for (const digest of ['sha256:abc', 'nothing'])
        assertStatus(await mount(scene, digest, scene.other().name), 202, 400)
    },
  ],
  [
    'mount-bad-from',
    'ours',
    'refuses a name of bad syntax, or starts an upload',
    async (scene) => {
      for (const from of ['UPPER', '..%2fother'])
        assertStatus(await mount(scene, scene.digest('missing'), from), 202, 400)
    },
  ],
])

/** Push: blobs of other repositories. */
export const pushMounts: readonly Check[] = [...mounts, ...bad]
