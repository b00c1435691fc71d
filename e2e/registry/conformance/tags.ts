import assert from 'node:assert/strict'
import { type Check, checks } from './check.ts'
import { assertError, assertHeader, assertStatus, json, type Scene } from './scene.ts'
import type { Answer } from './wire.ts'

interface TagList {
  readonly name: string
  readonly tags: readonly string[]
}

async function withTags(scene: Scene, tags: readonly string[]): Promise<void> {
  const { bytes } = await scene.pushImage()
  for (const tag of tags) await scene.pushManifest(bytes, tag)
}

async function tagsOf(scene: Scene, query = ''): Promise<readonly string[]> {
  const answer = await scene.askHere('GET', `tags/list${query}`)
  assertStatus(answer, 200)
  return json<TagList>(answer).tags
}

/** Where the Link with rel=next leads, as a path; undefined without one. */
export function nextOf(answer: Answer): string | undefined {
  const link = answer.header('link')
  if (link === undefined) return undefined
  const [, target = ''] = /^<([^>]+)>\s*;\s*rel="?next"?$/.exec(link) ?? []
  assert.notEqual(target, '', `not a Link to the next page: ${link}`)
  const { pathname, search } = new URL(target, 'http://registry')
  return pathname + search
}

/** The names on all pages, by following Link. */
export async function follow(
  scene: Scene,
  path: string,
  names: (answer: Answer) => readonly string[],
): Promise<{ found: string[]; pages: number }> {
  const found: string[] = []
  let pages = 0
  for (let next: string | undefined = path; next !== undefined; pages++) {
    assert.ok(pages < 200, 'the pages do not end')
    const answer = await scene.ask('GET', next)
    assertStatus(answer, 200)
    found.push(...names(answer))
    next = nextOf(answer)
  }
  return { found, pages }
}

const letters = ['a', 'b', 'c', 'd', 'e']
const listOf = (answer: Answer): readonly string[] => json<TagList>(answer).tags

const lists: readonly Check[] = checks('Listing tags', [
  [
    'tags-list',
    'MUST',
    'answers 200 with the name and all tags, as JSON',
    async (scene) => {
      await withTags(scene, letters)
      const answer = await scene.askHere('GET', 'tags/list')
      assertStatus(answer, 200)
      assertHeader(answer, 'content-type', /^application\/json\b/)
      assert.deepEqual(json<TagList>(answer), { name: scene.name, tags: letters })
    },
  ],
  [
    'tags-order',
    'MUST',
    'sorts by the bytes of the names',
    async (scene) => {
      const tags = ['v1', 'V2', 'v10', '_x', 'a.b', 'a-b', 'a_b', 'ab', 'a', '1', '10', '2']
      await withTags(scene, tags)
      assert.deepEqual(
        await tagsOf(scene),
        tags.toSorted((a, b) => (a < b ? -1 : 1)),
      )
    },
  ],
  [
    'tags-unknown',
    'MUST',
    'answers 404 in a repository that is not there',
    async (scene) => {
      assertError(await scene.askHere('GET', 'tags/list'), [404], ['NAME_UNKNOWN'])
    },
  ],
  [
    'tags-empty',
    'MUST',
    'answers an empty list, not null, where nothing has a tag',
    async (scene) => {
      await scene.pushImage()
      const answer = await scene.askHere('GET', 'tags/list')
      assertStatus(answer, 200)
      assert.deepEqual(json<TagList>(answer).tags, [])
    },
  ],
  [
    'tags-n',
    'MUST',
    'gives n tags and a Link when there are more',
    async (scene) => {
      await withTags(scene, letters)
      const answer = await scene.askHere('GET', 'tags/list?n=2')
      assert.deepEqual(listOf(answer), ['a', 'b'])
      assert.ok(nextOf(answer) !== undefined)
    },
  ],
  [
    'tags-n-zero',
    'MUST',
    'gives an empty list and no Link for n=0',
    async (scene) => {
      await withTags(scene, letters)
      const answer = await scene.askHere('GET', 'tags/list?n=0')
      assertStatus(answer, 200)
      assert.deepEqual(listOf(answer), [])
      assert.equal(nextOf(answer), undefined)
    },
  ],
  [
    'tags-n-large',
    'MUST',
    'gives all tags and no Link when there are fewer than n',
    async (scene) => {
      await withTags(scene, letters)
      const answer = await scene.askHere('GET', 'tags/list?n=100')
      assert.deepEqual(listOf(answer), letters)
      assert.equal(nextOf(answer), undefined)
    },
  ],
  [
    'tags-last',
    'MUST',
    'goes on after `last`, without it',
    async (scene) => {
      await withTags(scene, letters)
      assert.deepEqual(await tagsOf(scene, '?last=b'), ['c', 'd', 'e'])
      assert.deepEqual(await tagsOf(scene, '?n=2&last=b'), ['c', 'd'])
    },
  ],
  [
    'tags-last-unknown',
    'MUST',
    'goes on after a `last` that is no tag',
    async (scene) => {
      await withTags(scene, letters)
      assert.deepEqual(await tagsOf(scene, '?last=bb'), ['c', 'd', 'e'])
      assert.deepEqual(await tagsOf(scene, '?last=0'), letters)
    },
  ],
  [
    'tags-last-end',
    'MUST',
    'gives an empty list after the last tag',
    async (scene) => {
      await withTags(scene, letters)
      assert.deepEqual(await tagsOf(scene, '?last=e'), [])
      assert.deepEqual(await tagsOf(scene, '?n=3&last=zzz'), [])
    },
  ],
  [
    'tags-link',
    'SHOULD',
    'leads by Link through all pages',
    async (scene) => {
      await withTags(scene, letters)
      for (const n of [1, 2, 5]) {
        const { found, pages } = await follow(scene, `/v2/${scene.name}/tags/list?n=${n}`, listOf)
        assert.deepEqual(found, letters)
        assert.ok(pages >= 5 / n)
      }
    },
  ],
  [
    'tags-link-parameters',
    'ours',
    'keeps the other parameters of the request in the Link',
    async (scene) => {
      await withTags(scene, letters)
      const next = nextOf(await scene.askHere('GET', 'tags/list?n=2&ns=example.com')) ?? ''
      assert.deepEqual(Object.fromEntries(new URLSearchParams(next.split('?')[1])), {
        n: '2',
        last: 'b',
        ns: 'example.com',
      })
    },
  ],
  [
    'tags-prefix',
    'MUST',
    'lists tags of which one begins with another, on pages too',
    async (scene) => {
      const tags = ['a', 'a-b', 'a.b', 'a_b', 'ab', 'ab-c', 'abc'].toSorted((a, b) => (a < b ? -1 : 1))
      await withTags(scene, tags)
      assert.deepEqual(await tagsOf(scene), tags)
      const { found } = await follow(scene, `/v2/${scene.name}/tags/list?n=1`, listOf)
      assert.deepEqual(found, tags)
    },
  ],
  [
    'tags-n-bad',
    'Docker',
    'answers 400 to an n that is no number',
    async (scene) => {
      await withTags(scene, ['a'])
      for (const n of ['-1', 'x', '1.5'])
        assertError(await scene.askHere('GET', `tags/list?n=${n}`), [400], ['PAGINATION_NUMBER_INVALID'])
    },
  ],
  [
    'tags-n-huge',
    'ours',
    'bounds an n that is beyond all reason',
    async (scene) => {
      await withTags(scene, letters)
      assertStatus(await scene.askHere('GET', 'tags/list?n=99999999999999999999'), 200, 400)
      assert.deepEqual(await tagsOf(scene, '?n=1000'), letters)
    },
  ],
  [
    'tags-delete',
    'MUST',
    'no longer lists a tag that was deleted',
    async (scene) => {
      await withTags(scene, letters)
      assertStatus(await scene.askHere('DELETE', 'manifests/c'), 202)
      assert.deepEqual(await tagsOf(scene), ['a', 'b', 'd', 'e'])
    },
  ],
  [
    'tags-own',
    'MUST',
    'lists tags of the repository only, also where its name begins another',
    async (scene) => {
      const below = scene.other('x/below')
      await withTags(scene, ['here'])
      await withTags(scene.other('x'), ['beside'])
      await withTags(below, ['below'])
      assert.deepEqual(await tagsOf(scene), ['here'])
      assert.deepEqual(await tagsOf(scene.other('x')), ['beside'])
      assert.deepEqual(await tagsOf(below), ['below'])
    },
  ],
])

/** Content discovery: tags and their pages. */
export const tags: readonly Check[] = lists
