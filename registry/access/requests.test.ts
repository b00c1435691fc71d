import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { Answered } from '../../shared/web/testing/asking.ts'
import type { Served } from '../http/testing/served.ts'
import { imageOf, named, pushArtifact, pushBlob, subjectOf } from '../service/testing/images.ts'
import type { AccessRule } from './rules.ts'
import { as, guarded } from './testing/guarded.ts'

const rules: readonly AccessRule[] = [
  { repositories: ['public/**'], who: ['anonymous'], actions: ['pull'] },
  { repositories: ['team/*'], who: ['user:ann'], actions: ['pull', 'push'] },
  { repositories: ['drop'], who: ['user:ann'], actions: ['push'] },
]
const image = imageOf('x')
const layer = image.blobs[1] ?? Buffer.alloc(0)
const [blob, none] = [digestOf(layer), digestOf(Buffer.from('none'))]

/** One image in each of several repositories. */
async function scene(t: ExecutionContext): Promise<Served> {
  const served = await guarded(t, ['ann', 'eve'], rules)
  for (const name of ['public/app', 'team/app', 'secret/app', 'drop'])
    await pushArtifact(served.service, named(name), image, ['1'])
  return served
}

/** What a client sees, but for what tells one answer from another. */
function seen({ status, headers, body }: Answered): object {
  const { date: _, 'x-request-id': __, ...rest } = headers
  return { status, headers: rest, body: body.toString() }
}

const requests: readonly [method: string, path: string][] = [
  ['GET', 'manifests/1'],
  ['HEAD', 'manifests/1'],
  ['GET', `manifests/${image.digest}`],
  ['PUT', 'manifests/2'],
  ['PUT', 'manifests/2?tag=3&tag=4'],
  ['DELETE', 'manifests/1'],
  ['DELETE', `manifests/${image.digest}`],
  ['GET', `blobs/${blob}`],
  ['HEAD', `blobs/${blob}`],
  ['GET', `blobs/${none}`],
  ['DELETE', `blobs/${blob}`],
  ['POST', 'blobs/uploads/'],
  ['POST', `blobs/uploads/?digest=${blob}`],
  ['POST', `blobs/uploads/?mount=${blob}&from=public/app`],
  ['POST', `blobs/uploads/?mount=${blob}`],
  ['GET', 'blobs/uploads/00000000-0000-4000-8000-000000000000'],
  ['PATCH', 'blobs/uploads/00000000-0000-4000-8000-000000000000'],
  ['PUT', `blobs/uploads/00000000-0000-4000-8000-000000000000?digest=${blob}`],
  ['DELETE', 'blobs/uploads/00000000-0000-4000-8000-000000000000'],
  ['GET', 'tags/list'],
  ['GET', 'tags/list?n=1'],
  ['GET', `referrers/${image.digest}`],
  ['GET', '_oci/ext/discover'],
]

for (const [who, headers, status, asked] of [
  ['nobody', {}, 401, requests],
  ['eve', as('eve'), 403, requests],
  ['eve with a wrong password', as('eve', 'x'), 401, requests.slice(0, 2)], // then she is slowed down
] as const) {
  test(`${who} cannot tell what is forbidden from what is not there, byte for byte`, async (t) => {
    const { ask } = await scene(t)
    for (const [method, path] of asked) {
      const options = { headers, ...(method === 'PUT' || method === 'PATCH' ? { body: 'x' } : {}) }
      const there = await ask(method, `/v2/secret/app/${path}`, options)
      t.is(there.status, status, `${method} ${path}`)
      t.is(there.headers['www-authenticate'] !== undefined, status === 401)
      t.deepEqual(seen(await ask(method, `/v2/secret/gone/${path}`, options)), seen(there), `${method} ${path}`)
    }
  })
}

test('what is refused is not done, and what is granted is', async (t) => {
  const { ask, service } = await scene(t)
  const put = async (name: string, headers: Record<string, string>): Promise<number> => {
    const type = { 'content-type': image.mediaType }
    const options = { headers: { ...headers, ...type }, body: image.bytes }
    return (await ask('PUT', `/v2/${name}/manifests/2?tag=3`, options)).status
  }
  t.is(await put('team/app', as('ann')), 201)
  t.is(await put('team/app', as('eve')), 403)
  t.is(await put('public/app', as('ann')), 403)
  t.is(await put('public/app', {}), 401)
  t.deepEqual((await service.tags(named('team/app'), { count: 9, last: undefined })).items, ['1', '2', '3'])
  t.deepEqual((await service.tags(named('public/app'), { count: 9, last: undefined })).items, ['1'])
  t.is((await ask('DELETE', '/v2/team/app/manifests/1', { headers: as('ann') })).status, 403)
  t.is((await ask('GET', '/v2/drop/tags/list', { headers: as('ann') })).status, 403, 'to push is not to pull')
  t.is((await ask('GET', '/v2/public/app/manifests/1')).status, 200)
  t.is((await ask('GET', '/v2/public/app/manifests/1', { headers: as('eve') })).status, 200)
})

test('a blob is mounted from where the asker may pull, alone', async (t) => {
  const { ask, service } = await scene(t)
  const secret = await pushBlob(service, named('secret/app'), Buffer.from('secret'))
  const mount = (digest: string, from: string): Promise<Answered> =>
    ask('POST', `/v2/team/new/blobs/uploads/?mount=${digest}${from}`, { headers: as('ann') })
  const [forbidden, missing] = [await mount(secret, '&from=secret/app'), await mount(secret, '&from=secret/gone')]
  t.deepEqual([forbidden.status, missing.status], [202, 202])
  t.deepEqual(Object.keys(forbidden.headers), Object.keys(missing.headers))
  t.is((await mount(secret, '')).status, 202, 'nor from anywhere')
  t.is((await mount(secret, '&from=drop')).status, 202, 'nor from where he may only push')
  t.is((await ask('HEAD', `/v2/team/new/blobs/${secret}`, { headers: as('ann') })).status, 404)
  t.is((await mount(blob, '&from=public/app')).status, 201)
})

test('the catalog shows what may be pulled, page by page, and names nothing else', async (t) => {
  const { ask, service } = await scene(t)
  for (let i = 0; i < 30; i++) await pushArtifact(service, named(`secret/n${i}`), image, ['1'])
  await pushArtifact(service, named('team/other'), image, ['1'])
  const all = async (first: string, headers: Record<string, string>): Promise<{ names: string[]; links: string }> => {
    const found = { names: [] as string[], links: '' }
    for (let path: string | undefined = first; path !== undefined; ) {
      const answer: Answered = await ask('GET', path, { headers })
      found.names.push(...(JSON.parse(answer.body.toString()) as { repositories: string[] }).repositories)
      const link = String(answer.headers.link ?? '')
      found.links += link
      path = /^<([^>]+)>; rel="next"$/.exec(link)?.[1]
    }
    return found
  }
  for (const first of ['/v2/_catalog', '/v2/_catalog?n=1']) {
    t.deepEqual((await all(first, as('ann'))).names, ['public/app', 'team/app', 'team/other'])
    t.deepEqual((await all(first, as('eve'))).names, ['public/app'])
    const anonymous = await all(first, {})
    t.deepEqual(anonymous.names, ['public/app'])
    t.notRegex(anonymous.links, /secret|team|drop/)
  }
  const closed = await guarded(t, ['ann'], rules.slice(1))
  t.is((await closed.ask('GET', '/v2/_catalog')).status, 401)
})

test('referrers and uploads are those of the repository in the path', async (t) => {
  const { ask, service } = await scene(t)
  const about = imageOf('about', subjectOf(image))
  await pushArtifact(service, named('secret/app'), about)
  const referrers = await ask('GET', `/v2/public/app/referrers/${image.digest}`)
  t.deepEqual((JSON.parse(referrers.body.toString()) as { manifests: unknown[] }).manifests, [])
  const { id } = await service.uploads.start(named('secret/app'), {})
  for (const method of ['GET', 'PATCH', 'DELETE'])
    t.is((await ask(method, `/v2/team/app/blobs/uploads/${id}`, { headers: as('ann') })).status, 404, method)
  const own = await ask('POST', '/v2/team/app/blobs/uploads/', { headers: as('ann') })
  const location = String(own.headers.location)
  t.is((await ask('DELETE', location, { headers: as('eve') })).status, 403)
  t.is((await ask('DELETE', location, { headers: as('ann') })).status, 204, 'who may push may end it')
})

test('names that look alike open nothing', async (t) => {
  const served = await guarded(
    t,
    ['\u00e4nn'],
    [{ repositories: ['team/*'], who: ['user:\u00e4nn'], actions: ['pull'] }],
  )
  await pushArtifact(served.service, named('team/app'), image, ['1'])
  const status = async (name: string, path = '/v2/team/app/tags/list'): Promise<number> =>
    (await served.ask('GET', path, { headers: as(name, '\u00e4nn') })).status
  t.is(await status('\u00e4nn'), 200)
  for (const name of ['a\u0308nn', '\u00c4nn', '\u00e4nn ', '\u00e4nn\0', '\u00e4nn\u200b', '\uff41nn'])
    t.is(await status(name), 401, encodeURIComponent(name))
  for (const path of [
    'TEAM/app',
    'team/../team/app',
    './team/app',
    'team//app',
    'team/app/',
    '%74eam/app',
    'team%2fapp',
    'te\u00e4m/app',
  ])
    t.true(
      [400, 403, 404].includes(await status('\u00e4nn', `/v2/${encodeURI(path).replaceAll('%25', '%')}/tags/list`)),
      path,
    )
})

test('wrong passwords are slowed down over HTTP, and then say when to come again', async (t) => {
  const { ask } = await scene(t)
  const path = '/v2/team/app/tags/list'
  t.is((await ask('GET', path, { headers: as('ann') })).status, 200)
  for (let i = 0; i < 5; i++) t.is((await ask('GET', path, { headers: as('ann', `wrong${i}`) })).status, 401)
  const slowed = await ask('GET', path, { headers: as('ann', 'wrong') })
  t.deepEqual([slowed.status, slowed.codes, slowed.headers['retry-after']], [429, ['TOOMANYREQUESTS'], '1'])
  t.is((await ask('GET', path, { headers: as('ann') })).status, 200, 'who is logged in goes on')
  const unknown = await scene(t)
  for (let i = 0; i < 5; i++) await unknown.ask('GET', path, { headers: as('nobody', `wrong${i}`) })
  t.deepEqual(
    seen(await unknown.ask('GET', path, { headers: as('nobody', 'wrong') })),
    seen(slowed),
    'as for one that there is',
  )
})

test('headers that a proxy may have read in another way are refused', async (t) => {
  const { say, ask } = await scene(t)
  const twice = (second: string): string =>
    `GET /v2/team/app/tags/list HTTP/1.1\r\nHost: x\r\nAuthorization: ${as('ann').authorization}\r\n${second}: ${as('eve').authorization}\r\n\r\n`
  t.regex(await say(twice('authorization')), /^HTTP\/1\.1 400 [^]*two Authorization headers/)
  t.regex(await say(twice('AUTHORIZATION')), /^HTTP\/1\.1 400 /)
  const long = await ask('GET', '/v2/team/app/tags/list', { headers: { authorization: `Basic ${'A'.repeat(8000)}` } })
  t.is(long.status, 401)
  const longer = { authorization: `Basic ${'A'.repeat(20_000)}` }
  t.is((await ask('GET', '/v2/team/app/tags/list', { headers: longer })).status, 431)
})

test('the log has names of accounts that there are, of nobody else', async (t) => {
  const { ask, finished } = await scene(t)
  const path = '/v2/team/app/tags/list'
  for (const headers of [as('ann'), as('eve'), as('ann', 'wrong'), as('hunter2', 'x'), {}])
    await ask('GET', path, { headers })
  t.deepEqual(
    finished.map(({ account, status }) => [account, status]),
    [
      ['ann', 200],
      ['eve', 403],
      ['ann', 401],
      [undefined, 401],
      [undefined, 401],
    ],
  )
})
