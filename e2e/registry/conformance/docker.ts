import assert from 'node:assert/strict'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type Check, checks } from './check.ts'
import { assertError, assertHeader, assertStatus, json, type Scene } from './scene.ts'
import { follow, nextOf } from './tags.ts'
import type { Answer } from './wire.ts'

interface Catalog {
  readonly repositories: readonly string[]
}

const listOf = (answer: Answer): readonly string[] => json<Catalog>(answer).repositories

const base: readonly Check[] = checks('Determining support (API version check)', [
  [
    'base',
    'MUST',
    'answers 200 to GET /v2/',
    async (scene) => {
      assertStatus(await scene.ask('GET', '/v2/'), 200)
    },
  ],
  [
    'base-head',
    'ours',
    'answers 200 to HEAD /v2/',
    async (scene) => {
      assertStatus(await scene.ask('HEAD', '/v2/'), 200)
    },
  ],
  [
    'base-version',
    'SHOULD',
    'names its version in Docker-Distribution-API-Version',
    async (scene) => {
      assertHeader(await scene.ask('GET', '/v2/'), 'docker-distribution-api-version', 'registry/2.0')
    },
  ],
  [
    'base-body',
    'Docker',
    'answers with an empty JSON object',
    async (scene) => {
      assert.deepEqual(json(await scene.ask('GET', '/v2/')), {})
    },
  ],
  [
    'version-everywhere',
    'Docker',
    'names its version with every answer',
    async (scene) => {
      const { digest } = await scene.pushImage({}, 'a')
      for (const path of ['manifests/a', 'tags/list', `blobs/${digest}`, 'manifests/none'])
        assertHeader(await scene.askHere('GET', path), 'docker-distribution-api-version', 'registry/2.0')
    },
  ],
  [
    'nosniff',
    'ours',
    'keeps browsers from guessing the type of content',
    async (scene) => {
      const { digest } = await scene.pushBlob('<script>')
      assertHeader(await scene.askHere('GET', `blobs/${digest}`), 'x-content-type-options', 'nosniff')
    },
  ],
])

/** Names of which one begins another, sorted; below a name that only this check has. */
const family = (scene: Scene): string[] =>
  ['', '-b', '.b', '/b', '/b/c', '_b', 'b', 'b/c']
    .map((end) => `${scene.name}${end}`)
    .toSorted((a, b) => (a < b ? -1 : 1))

const catalog: readonly Check[] = checks('Catalog', [
  [
    'catalog',
    'Docker',
    'lists a repository as soon as it has a manifest',
    async (scene) => {
      await scene.pushImage({}, 'a')
      const { found } = await follow(scene, '/v2/_catalog', listOf)
      assert.ok(found.includes(scene.name))
    },
  ],
  [
    'catalog-order',
    'Docker',
    'lists names in order, each once, over all pages',
    async (scene) => {
      for (const end of ['c', 'a', 'b']) await scene.other(end).pushImage({}, 'a')
      const { found, pages } = await follow(scene, '/v2/_catalog?n=2', listOf)
      assert.ok(pages > 1)
      const own = found.filter((name) => name.startsWith(scene.name))
      assert.deepEqual(
        own,
        ['a', 'b', 'c'].map((end) => `${scene.name}-${end}`),
      )
    },
  ],
  [
    'catalog-page',
    'Docker',
    'gives n names after `last`, and a Link',
    async (scene) => {
      for (const end of ['a', 'b', 'c']) await scene.other(end).pushImage({}, 'a')
      const answer = await scene.ask('GET', `/v2/_catalog?n=2&last=${scene.name}`)
      assert.deepEqual(listOf(answer), [`${scene.name}-a`, `${scene.name}-b`])
      assert.ok(nextOf(answer) !== undefined)
      assertHeader(answer, 'content-type', /^application\/json\b/)
    },
  ],
  [
    'catalog-prefix',
    'Docker',
    'lists names of which one begins another, on pages too',
    async (scene) => {
      const names = family(scene)
      for (const name of names) await scene.named(name).pushImage({}, 'a')
      const { found } = await follow(scene, `/v2/_catalog?n=1&last=${scene.name.slice(0, -1)}`, listOf)
      assert.deepEqual(
        found.filter((name) => name.startsWith(scene.name)),
        names,
      )
    },
  ],
  [
    'catalog-n-bad',
    'Docker',
    'answers 400 to an n that is no number',
    async (scene) => {
      for (const n of ['-1', 'x'])
        assertError(await scene.ask('GET', `/v2/_catalog?n=${n}`), [400], ['PAGINATION_NUMBER_INVALID'])
    },
  ],
  [
    'catalog-n-huge',
    'Docker',
    'bounds an n that is beyond all reason',
    async (scene) => {
      assertStatus(await scene.ask('GET', '/v2/_catalog?n=99999999999'), 200, 400)
    },
  ],
])

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

/** What Docker's API has beside that of the OCI, names and errors. */
export const docker: readonly Check[] = [...base, ...catalog, ...names, ...errors]
