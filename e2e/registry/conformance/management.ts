import assert from 'node:assert/strict'
import { type Check, checks, digestChecks } from './check.ts'
import { assertEmpty, assertError, assertStatus, json } from './scene.ts'

const deletes: readonly Check[] = digestChecks('Deleting manifests', [
  [
    'delete-manifest',
    'MUST',
    'answers 202, and 404 from then on',
    async (scene) => {
      const { digest } = await scene.pushImage()
      const answer = await scene.askHere('DELETE', `manifests/${digest}`)
      assertStatus(answer, 202)
      assertEmpty(answer)
      for (const method of ['GET', 'HEAD']) assertStatus(await scene.getManifest(digest, method), 404)
    },
  ],
  [
    'delete-manifest-tags',
    'MUST',
    'takes the tags of the manifest with it',
    async (scene) => {
      const pushed = await scene.pushImage({}, 'one')
      await scene.pushManifest(pushed.bytes, 'two')
      await scene.pushManifest(pushed.bytes)
      assertStatus(await scene.askHere('DELETE', `manifests/${pushed.digest}`), 202)
      if (scene.algorithm === 'sha256')
        for (const tag of ['one', 'two']) assertStatus(await scene.getManifest(tag), 404)
      assertStatus(await scene.getManifest(pushed.digest), 404)
    },
  ],
  [
    'delete-manifest-unknown',
    'MUST',
    'answers 404 for a manifest that is not there',
    async (scene) => {
      await scene.pushImage()
      assertError(await scene.askHere('DELETE', `manifests/${scene.digest('unknown')}`), [404], ['MANIFEST_UNKNOWN'])
    },
  ],
  [
    'delete-manifest-repository-unknown',
    'MUST',
    'answers 404 in a repository that is not there',
    async (scene) => {
      assertError(
        await scene.askHere('DELETE', `manifests/${scene.digest('unknown')}`),
        [404],
        ['NAME_UNKNOWN', 'MANIFEST_UNKNOWN'],
      )
    },
  ],
  [
    'delete-manifest-elsewhere',
    'MUST',
    'leaves what another repository has',
    async (scene) => {
      const pushed = await scene.pushImage()
      await scene.other().pushImage()
      for (const { digest } of [
        await scene.other().pushManifest(await scene.other().image({ annotations: { of: 'other' } })),
      ]) {
        assertStatus(await scene.askHere('DELETE', `manifests/${digest}`), 404)
        assertStatus(await scene.other().getManifest(digest), 200)
      }
      assertStatus(await scene.getManifest(pushed.digest), 200)
    },
  ],
  [
    'delete-manifest-again',
    'MUST',
    'takes a deleted manifest when it is pushed again',
    async (scene) => {
      const { digest, bytes } = await scene.pushImage()
      assertStatus(await scene.askHere('DELETE', `manifests/${digest}`), 202)
      assertStatus(await scene.askHere('DELETE', `manifests/${digest}`), 404)
      await scene.pushManifest(bytes)
      assert.deepEqual((await scene.getManifest(digest)).body, bytes)
    },
  ],
])

const tags: readonly Check[] = checks('Deleting tags', [
  [
    'delete-tag',
    'MUST',
    'answers 202, and 404 from then on',
    async (scene) => {
      await scene.pushImage({}, 'a-tag')
      const answer = await scene.askHere('DELETE', 'manifests/a-tag')
      assertStatus(answer, 202)
      assertEmpty(answer)
      for (const method of ['GET', 'HEAD']) assertStatus(await scene.getManifest('a-tag', method), 404)
    },
  ],
  [
    'delete-tag-only',
    'MUST',
    'leaves the manifest and its other tags',
    async (scene) => {
      const { bytes, digest } = await scene.pushImage({}, 'one')
      await scene.pushManifest(bytes, 'two')
      assertStatus(await scene.askHere('DELETE', 'manifests/one'), 202)
      assert.deepEqual((await scene.getManifest('two')).body, bytes)
      assert.deepEqual((await scene.getManifest(digest)).body, bytes)
    },
  ],
  [
    'delete-tag-unknown',
    'MUST',
    'answers 404 for a tag that is not there',
    async (scene) => {
      await scene.pushImage({}, 'a-tag')
      assertError(
        await scene.askHere('DELETE', 'manifests/unknown'),
        [404],
        ['MANIFEST_UNKNOWN', 'TAG_UNKNOWN', 'NAME_UNKNOWN'],
      )
    },
  ],
])

const blobs: readonly Check[] = digestChecks('Deleting blobs', [
  [
    'delete-blob',
    'MUST',
    'answers 202, and 404 from then on',
    async (scene) => {
      const { digest } = await scene.pushBlob()
      const answer = await scene.askHere('DELETE', `blobs/${digest}`)
      assertStatus(answer, 202)
      assertEmpty(answer)
      for (const method of ['GET', 'HEAD']) assertStatus(await scene.askHere(method, `blobs/${digest}`), 404)
    },
  ],
  [
    'delete-blob-unknown',
    'MUST',
    'answers 404 for a blob that is not there',
    async (scene) => {
      await scene.pushBlob()
      assertError(await scene.askHere('DELETE', `blobs/${scene.digest('unknown')}`), [404], ['BLOB_UNKNOWN'])
    },
  ],
  [
    'delete-blob-twice',
    'MUST',
    'answers 404 the second time',
    async (scene) => {
      const { digest } = await scene.pushBlob()
      assertStatus(await scene.askHere('DELETE', `blobs/${digest}`), 202)
      assertStatus(await scene.askHere('DELETE', `blobs/${digest}`), 404)
    },
  ],
  [
    'delete-blob-again',
    'MUST',
    'takes a deleted blob when it is pushed again',
    async (scene) => {
      const { digest, bytes } = await scene.pushBlob()
      assertStatus(await scene.askHere('DELETE', `blobs/${digest}`), 202)
      await scene.pushBlob(bytes)
      assert.deepEqual((await scene.askHere('GET', `blobs/${digest}`)).body, bytes)
    },
  ],
  [
    'delete-blob-elsewhere',
    'MUST',
    'leaves the same blob in another repository',
    async (scene) => {
      const { digest, bytes } = await scene.pushBlob()
      await scene.other().pushBlob(bytes)
      assertStatus(await scene.askHere('DELETE', `blobs/${digest}`), 202)
      assert.deepEqual((await scene.other().askHere('GET', `blobs/${digest}`)).body, bytes)
    },
  ],
])

const gone: readonly Check[] = checks('Deleting manifests', [
  [
    'delete-all',
    'ours',
    'answers for a repository whose last manifest was deleted: no tags, or 404',
    async (scene) => {
      const { digest } = await scene.pushImage({}, 'a-tag')
      assertStatus(await scene.askHere('DELETE', `manifests/${digest}`), 202)
      const answer = await scene.askHere('GET', 'tags/list')
      assertStatus(answer, 200, 404)
      if (answer.status === 200) assert.deepEqual(json<{ tags: string[] }>(answer).tags, [])
    },
  ],
])

/** Content management: deletes. */
export const management: readonly Check[] = [...tags, ...deletes, ...blobs, ...gone]
