import assert from 'node:assert/strict'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type Check, checks } from './check.ts'
import { assertError, assertHeader, assertStatus, json } from './scene.ts'

const names: readonly Check[] = checks('Names', [
  [
    'names-markers',
    'MUST',
    'takes names whose parts are words of the API',
    async (scene) => {
      for (const end of ['blobs', 'blobs/uploads', 'manifests', 'tags/list', 'tags', 'referrers', 'v2']) {
        const inner = scene.named(`${scene.name}/${end}`)
        const { bytes } = await inner.pushImage({}, 'a')
        assert.deepEqual((await inner.getManifest('a')).body, bytes)
        assert.deepEqual(json<{ name: string; tags: string[] }>(await inner.askHere('GET', 'tags/list')), {
          name: inner.name,
          tags: ['a'],
        })
      }
    },
  ],
  [
    'names-forms',
    'MUST',
    'takes all names of the grammar',
    async (scene) => {
      for (const end of ['a.b', 'a_b', 'a__b', 'a-b', 'a---b', '0', 'a/b/c/d/e/f/g'])
        assertStatus((await scene.named(`${scene.name}/${end}`).pushImage({}, 'a')).answer, 201)
    },
  ],
  [
    'names-long',
    'ours',
    'takes a name of 255 characters',
    async (scene) => {
      const long = scene.named(`${scene.name}/${'a'.repeat(254 - scene.name.length)}`)
      const { bytes } = await long.pushImage({}, 'a')
      assert.deepEqual((await long.getManifest('a')).body, bytes)
    },
  ],
  [
    'names-bad',
    'MUST',
    'refuses names that the grammar does not have',
    async (scene) => {
      await scene.pushImage({}, 'a')
      for (const name of ['Upper', 'a..b', 'a/-b', 'a_', 'a___b', 'a%2fb', 'a%00b', 'ä'].map(
        (end) => `${scene.name}/${end}`,
      )) {
        assertStatus(await scene.ask('GET', `/v2/${encodeURI(name).replaceAll('%25', '%')}/manifests/a`), 400, 404)
        assertStatus(await scene.ask('POST', `/v2/${encodeURI(name).replaceAll('%25', '%')}/blobs/uploads/`), 400, 404)
      }
    },
  ],
  [
    'names-traversal',
    'ours',
    'never leaves its folder, whatever a path says',
    async (scene) => {
      for (const path of [
        '/v2/../../etc/passwd',
        `/v2/${scene.name}/../../manifests/a`,
        '/v2/%2e%2e/%2e%2e/manifests/a',
        `/v2/${scene.name}/blobs/..%2f..%2fx`,
      ])
        assertStatus(await scene.ask('GET', path), 301, 308, 400, 404)
    },
  ],
])

const errors: readonly Check[] = checks('Error codes', [
  [
    'error-body',
    'MUST',
    'tells errors as JSON, with codes in upper case',
    async (scene) => {
      await scene.pushImage({}, 'a')
      assertError(await scene.getManifest('none'), [404])
      assertError(await scene.askHere('GET', `blobs/${scene.digest('none')}`), [404])
    },
  ],
  [
    'error-unknown-path',
    'ours',
    'tells of paths that nobody has as JSON, too',
    async (scene) => {
      for (const path of ['/v2/nothing', `/v2/${scene.name}/unknown/x`])
        assertError(await scene.ask('GET', path), [404])
    },
  ],
  [
    'error-method',
    'MUST',
    'answers 405 with Allow to a method that a path does not have',
    async (scene) => {
      await scene.pushImage({}, 'a')
      for (const [method, path] of [
        ['POST', 'manifests/a'],
        ['PUT', 'tags/list'],
        ['DELETE', 'tags/list'],
        ['PATCH', 'manifests/a'],
      ] as const) {
        const answer = await scene.askHere(method, path)
        assertError(answer, [405], ['UNSUPPORTED'])
        assertHeader(answer, 'allow', /\bGET\b/)
      }
    },
  ],
  [
    'error-head',
    'MUST',
    'answers an error to HEAD without a body',
    async (scene) => {
      const answer = await scene.askHere('HEAD', `blobs/${scene.digest('none')}`)
      assertStatus(answer, 404)
      assert.equal(answer.body.byteLength, 0)
    },
  ],
  [
    'warning-form',
    'MUST',
    'sends Warning only as 299 - "text", at most 4096 bytes',
    async (scene) => {
      const { answer } = await scene.pushImage({}, 'a')
      for (const each of [answer, await scene.getManifest('a')]) {
        const warning = each.header('warning')
        if (warning === undefined) continue
        assert.match(warning, /^299 - "[^"]*"(, 299 - "[^"]*")*$/)
        assert.ok(Buffer.byteLength(warning) <= 4096)
      }
    },
  ],
  [
    'ns',
    'SHOULD',
    'takes ?ns= on pulls, and tells in OCI-Namespace when it used it',
    async (scene) => {
      const { bytes, digest } = await scene.pushImage({}, 'a')
      for (const path of ['manifests/a', `manifests/${digest}`]) {
        const answer = await scene.askHere('GET', `${path}?ns=docker.io`, {
          headers: { Accept: mediaTypes.ociManifest },
        })
        assert.deepEqual(answer.body, bytes)
        assert.ok([undefined, 'docker.io'].includes(answer.header('oci-namespace')))
      }
    },
  ],
  [
    'extensions',
    'MAY',
    'lists its extensions as JSON, or answers 404',
    async (scene) => {
      const answer = await scene.ask('GET', '/v2/_oci/ext/discover')
      assertStatus(answer, 200, 404)
      if (answer.status === 200) assert.ok(Array.isArray(json<{ extensions: unknown[] }>(answer).extensions))
    },
  ],
])

/** Names of repositories, and what errors look like. */
export const namesAndErrors: readonly Check[] = [...names, ...errors]
