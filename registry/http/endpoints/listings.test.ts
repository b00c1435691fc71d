import test from 'ava'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import type { Answered } from '../../../shared/web/testing/asking.ts'
import { imageOf, indexOf, named, pushArtifact, subjectOf } from '../../service/testing/images.ts'
import { type Served, serve } from '../testing/served.ts'

function documentOf({ body }: Answered): unknown {
  return JSON.parse(body.toString())
}

/** Follows the links from page to page. */
async function pagesFrom({ ask }: Served, first: string): Promise<readonly unknown[]> {
  const pages: unknown[] = []
  for (let path: string | undefined = first; path !== undefined; ) {
    const answer: Answered = await ask('GET', path)
    pages.push(documentOf(answer))
    path = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers.link))?.[1]
  }
  return pages
}

test('tags, page by page', async (t) => {
  const served = await serve(t)
  const tags = ['1', 'A', 'a', 'a-b', 'ab', 'b']
  await pushArtifact(served.service, named('team/app'), imageOf('x'), tags)
  await pushArtifact(served.service, named('team'), imageOf('x'), ['other'])
  const page = (items: readonly string[]): object => ({ name: 'team/app', tags: items })
  const list = '/v2/team/app/tags/list'
  t.deepEqual(await pagesFrom(served, list), [page(tags)])
  t.deepEqual(await pagesFrom(served, `${list}?n=4&x=y`), [page(tags.slice(0, 4)), page(tags.slice(4))])
  t.deepEqual(await pagesFrom(served, `${list}?n=6`), [page(tags)])
  t.deepEqual(await pagesFrom(served, `${list}?n=0`), [page([])])
  t.deepEqual(await pagesFrom(served, `${list}?last=a`), [page(['a-b', 'ab', 'b'])])
  t.deepEqual(await pagesFrom(served, `${list}?last=aa`), [page(['ab', 'b'])])
  t.deepEqual(await pagesFrom(served, `${list}?last=zz`), [page([])])
  const answer = await served.ask('GET', `${list}?n=2&x=y`)
  t.is(answer.headers.link, `<${list}?n=2&x=y&last=A>; rel="next"`)
  t.is(answer.headers['content-type'], 'application/json')
})

test('no page is longer than the most', async (t) => {
  const served = await serve(t, { limits: { pageItems: 2 } })
  await pushArtifact(served.service, named('a'), imageOf('x'), ['1', '2', '3'])
  for (const n of ['', '?n=3', '?n=99999999999999999999']) {
    const answer = await served.ask('GET', `/v2/a/tags/list${n}`)
    t.deepEqual(documentOf(answer), { name: 'a', tags: ['1', '2'] })
    t.is(answer.headers.link, '</v2/a/tags/list?n=2&last=2>; rel="next"')
  }
  for (const n of ['-1', 'x', '']) {
    const { status, codes } = await served.ask('GET', `/v2/a/tags/list?n=${n}`)
    t.deepEqual([status, codes], [400, ['PAGINATION_NUMBER_INVALID']])
  }
})

test('tags of a repository that is none', async (t) => {
  const { ask } = await serve(t)
  for (const [path, status, code] of [
    ['/v2/none/tags/list', 404, 'NAME_UNKNOWN'],
    ['/v2/none/tags/list?n=0', 404, 'NAME_UNKNOWN'],
    ['/v2/NONE/tags/list', 400, 'NAME_INVALID'],
    ['/v2/a%2fb/tags/list', 400, 'NAME_INVALID'],
    ['/v2/../tags/list', 400, 'NAME_INVALID'],
    [`/v2/${'a'.repeat(256)}/tags/list`, 400, 'NAME_INVALID'],
  ] as const) {
    const answer = await ask('GET', path)
    t.deepEqual([answer.status, answer.codes], [status, [code]], path)
  }
})

test('the catalog has what whoever asks may pull from', async (t) => {
  const names = ['a', 'a-b', 'a/b', 'ab', 'b']
  const hidden = new Set<string>()
  const served = await serve(t, {
    authorize: (_request, wish) => {
      t.deepEqual(wish, { required: [{ kind: 'catalog' }], optional: [] })
      return { mayPull: (name) => !hidden.has(name) }
    },
  })
  for (const name of names) await pushArtifact(served.service, named(name), imageOf(name), ['1'])
  const found = async (path: string): Promise<readonly string[]> => {
    const pages = await pagesFrom(served, path)
    return pages.flatMap((page) => (page as { readonly repositories: readonly string[] }).repositories)
  }
  t.deepEqual(await found('/v2/_catalog'), names)
  t.deepEqual(await found('/v2/_catalog?n=1'), names)
  t.deepEqual(await found('/v2/_catalog?n=0'), [])
  t.deepEqual(await found('/v2/_catalog?last=a'), names.slice(1))
  hidden.add('a-b').add('a/b')
  t.deepEqual(await found('/v2/_catalog?n=1'), ['a', 'ab', 'b'])
})

test('referrers, also of what nobody pushed', async (t) => {
  const served = await serve(t)
  const { ask, service } = served
  const image = imageOf('x')
  const path = `/v2/a/referrers/${image.digest}`
  const empty = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }
  const none = await ask('GET', path)
  t.deepEqual([none.status, none.headers['content-type'], documentOf(none)], [200, mediaTypes.ociIndex, empty])
  const signature = imageOf('s', { ...subjectOf(image), artifactType: 'application/x.s', annotations: { a: 'b' } })
  const list = indexOf([], { ...subjectOf(image) })
  for (const artifact of [signature, list]) await pushArtifact(service, named('a'), artifact)
  const described = {
    mediaType: signature.mediaType,
    digest: signature.digest,
    size: signature.bytes.length,
    artifactType: 'application/x.s',
    annotations: { a: 'b' },
  }
  const all = await ask('GET', path)
  t.is(all.headers['oci-filters-applied'], undefined)
  t.is((documentOf(all) as typeof empty).manifests.length, 2)
  const some = await ask('GET', `${path}?artifactType=application/x.s`)
  t.is(some.headers['oci-filters-applied'], 'artifactType')
  t.deepEqual(documentOf(some), { ...empty, manifests: [described] })
  t.is((await pagesFrom(served, `${path}?n=1`)).length, 2)
  t.deepEqual(documentOf(await ask('GET', `${path}?artifactType=${'x'.repeat(3000)}`)), empty)
  t.deepEqual((await ask('GET', '/v2/a/referrers/sha256:x')).codes, ['DIGEST_INVALID'])
})

test('extensions: none', async (t) => {
  const { ask } = await serve(t)
  for (const path of ['/v2/_oci/ext/discover', '/v2/a/b/_oci/ext/discover']) {
    const answer = await ask('GET', path)
    t.deepEqual([answer.status, documentOf(answer)], [200, { extensions: [] }])
  }
})
