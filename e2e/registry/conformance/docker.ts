import assert from 'node:assert/strict'
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
    'root',
    'Docker',
    'answers 200 to GET /, for those who ask whether it lives',
    async (scene) => {
      assertStatus(await scene.ask('GET', '/'), 200)
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

/** What Docker's API has beside that of the OCI. */
export const docker: readonly Check[] = [...base, ...catalog]
