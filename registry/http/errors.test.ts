import { once } from 'node:events'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import { memoryRegistry } from '../service/testing/memory-registry.ts'
import type { AccessWish } from './authorize.ts'
import { serve } from './testing/served.ts'

const digest = digestOf('x')

for (const [method, path, status, code, allow] of [
  ['GET', '/v2/a', 404, 'UNSUPPORTED', undefined],
  ['GET', '/v2/a/unknown/x', 404, 'UNSUPPORTED', undefined],
  ['GET', '/v2/a/tags/other', 404, 'UNSUPPORTED', undefined],
  ['GET', '/v1/', 404, 'UNSUPPORTED', undefined],
  ['GET', '/v2x', 404, 'UNSUPPORTED', undefined],
  ['GET', '//v2/', 404, 'UNSUPPORTED', undefined],
  ['GET', '/v2/a/manifests/%', 404, 'UNSUPPORTED', undefined],
  ['GET', '/v2/a/manifests/%ff', 404, 'UNSUPPORTED', undefined],
  ['GET', '/favicon.ico', 404, 'UNSUPPORTED', undefined],
  ['GET', '/%', 404, 'UNSUPPORTED', undefined],
  ['OPTIONS', '*', 404, 'UNSUPPORTED', undefined],
  ['POST', '/', 405, 'UNSUPPORTED', 'HEAD, GET'],
  ['POST', '/v2/', 405, 'UNSUPPORTED', 'HEAD, GET'],
  ['PUT', '/v2', 405, 'UNSUPPORTED', 'HEAD, GET'],
  ['POST', '/v2/a/manifests/x', 405, 'UNSUPPORTED', 'HEAD, GET, PUT, DELETE'],
  ['PUT', `/v2/a/blobs/${digest}`, 405, 'UNSUPPORTED', 'HEAD, GET, DELETE'],
  ['GET', '/v2/a/blobs/uploads/', 405, 'UNSUPPORTED', 'POST'],
  ['POST', '/v2/a/blobs/uploads/x', 405, 'UNSUPPORTED', 'HEAD, GET, PATCH, PUT, DELETE'],
  ['DELETE', '/v2/a/tags/list', 405, 'UNSUPPORTED', 'HEAD, GET'],
  ['PROPFIND', '/v2/_catalog', 405, 'UNSUPPORTED', 'HEAD, GET'],
  ['OPTIONS', '/v2/', 405, 'UNSUPPORTED', 'HEAD, GET'],
  ['GET', '/v2/A/manifests/x', 400, 'NAME_INVALID', undefined],
  ['GET', '/v2//manifests/x', 400, 'NAME_INVALID', undefined],
  ['GET', '/v2/manifests/x', 400, 'NAME_INVALID', undefined],
  ['GET', '/v2/a/manifests/x', 404, 'NAME_UNKNOWN', undefined],
  ['GET', '/v2/a/manifests/..%2f..%2fetc%2fpasswd', 400, 'TAG_INVALID', undefined],
  ['GET', `/v2/a/manifests/${'x'.repeat(129)}`, 400, 'TAG_INVALID', undefined],
  ['GET', '/v2/__proto__/manifests/x', 400, 'NAME_INVALID', undefined],
  ['GET', '/v2/constructor/manifests/x', 404, 'NAME_UNKNOWN', undefined],
  ['GET', `/v2/?${'x'.repeat(9000)}`, 414, 'UNSUPPORTED', undefined],
  ['GET', `/v2/a/manifests/x?${'x'.repeat(9000)}`, 414, 'UNSUPPORTED', undefined],
] as const) {
  test(`${method} ${path.slice(0, 60)} is ${status} ${code}`, async (t) => {
    const { ask } = await serve(t)
    const answer = await ask(method, path)
    t.deepEqual([answer.status, answer.codes], [status, [code]])
    t.is(answer.headers.allow, allow)
    t.like(answer.headers, {
      'content-type': 'application/json',
      'docker-distribution-api-version': 'registry/2.0',
      'content-length': String(answer.body.length),
      'x-content-type-options': 'nosniff',
    })
    t.notRegex(answer.body.toString(), /koa|node|\.ts|Not Found|Error:/i)
  })
}

test('an exception tells the client nothing and the operator all', async (t) => {
  const { service } = await memoryRegistry()
  const cause = new Error('secret path /srv/x')
  const broken = {
    ...service,
    tags: async () => Promise.reject(cause),
    manifests: {
      ...service.manifests,
      peek: () => {
        throw cause
      },
    },
  }
  const { ask, finished } = await serve(t, { service: broken })
  for (const path of ['/v2/a/tags/list', '/v2/a/manifests/x']) {
    const answer = await ask('GET', path)
    t.deepEqual([answer.status, answer.codes], [500, ['UNKNOWN']])
    t.notRegex(answer.body.toString(), /secret|srv/)
  }
  t.is((await ask('GET', '/v2/')).status, 200)
  t.deepEqual(
    finished.slice(0, 2).map(({ codes, cause: told, status }) => [codes, told, status]),
    [
      [['UNKNOWN'], cause, 500],
      [['UNKNOWN'], cause, 500],
    ],
  )
})

test('a header that cannot be sent is an error, not an open end', async (t) => {
  const { ask } = await serve(t, {
    routes: [{ path: '/x', answer: () => ({ status: 200, headers: { X: 'a\r\nb' } }) }],
  })
  const answer = await ask('GET', '/x')
  t.deepEqual([answer.status, answer.codes], [500, ['UNKNOWN']])
})

test('errors carry their own headers', async (t) => {
  const { ask } = await serve(t, {
    authorize: async () => {
      throw new RegistryError('UNAUTHORIZED', 'log in', { headers: { 'WWW-Authenticate': 'Bearer realm="x"' } })
    },
  })
  const answer = await ask('GET', '/v2/')
  t.deepEqual([answer.status, answer.codes], [401, ['UNAUTHORIZED']])
  t.like(answer.headers, { 'www-authenticate': 'Bearer realm="x"', 'docker-distribution-api-version': 'registry/2.0' })
})

test('each request asks once for all that it names', async (t) => {
  const wishes: AccessWish[] = []
  const { ask } = await serve(t, {
    authorize: async (_request, wish) => {
      wishes.push(wish)
      return { mayPull: () => false }
    },
  })
  const needs = (...actions: string[]): object => ({
    required: [{ kind: 'repository', name: 'a/b', actions }],
    optional: [],
  })
  for (const [method, path, wish] of [
    ['GET', '/v2/', { required: [], optional: [] }],
    ['GET', '/v2/_catalog', { required: [{ kind: 'catalog' }], optional: [] }],
    ['HEAD', '/v2/a/b/manifests/x', needs('pull')],
    ['PUT', '/v2/a/b/manifests/x', needs('push')],
    ['DELETE', '/v2/a/b/manifests/x', needs('delete')],
    ['GET', `/v2/a/b/blobs/${digest}`, needs('pull')],
    ['DELETE', `/v2/a/b/blobs/${digest}`, needs('delete')],
    ['POST', '/v2/a/b/blobs/uploads/', needs('push')],
    ['POST', `/v2/a/b/blobs/uploads/?mount=${digest}&from=other`, { ...needs('push'), optional: ['other'] }],
    ['POST', `/v2/a/b/blobs/uploads/?mount=${digest}`, needs('push')],
    ['GET', '/v2/a/b/blobs/uploads/x', needs('push')],
    ['PATCH', '/v2/a/b/blobs/uploads/x', needs('push')],
    ['PUT', `/v2/a/b/blobs/uploads/x?digest=${digest}`, needs('push')],
    ['DELETE', '/v2/a/b/blobs/uploads/x', needs('push')],
    ['GET', '/v2/a/b/tags/list', needs('pull')],
    ['GET', `/v2/a/b/referrers/${digest}`, needs('pull')],
    ['GET', '/v2/a/b/_oci/ext/discover', needs('pull')],
  ] as const) {
    wishes.length = 0
    await ask(method, path)
    t.deepEqual(wishes, [wish as AccessWish], `${method} ${path}`)
  }
})

test('a page of another site pushes nothing through the browser of a user', async (t) => {
  const { ask, service } = await serve(t)
  const post = async (headers: Record<string, string>): Promise<number> =>
    (await ask('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: 'x', headers })).status
  t.is(await post({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://other.example' }), 403)
  t.is(await post({ 'Sec-Fetch-Site': 'same-site', Origin: 'http://127.0.0.1:3000' }), 403)
  t.deepEqual([(await service.uploads.list()).length, (await ask('GET', `/v2/a/blobs/${digest}`)).status], [0, 404])
  t.is(await post({ 'Sec-Fetch-Site': 'same-origin' }), 201)
  t.is(await post({}), 201)
})

test('a mount from where one may not pull is an upload', async (t) => {
  const { ask, service } = await serve(t, { authorize: () => ({ mayPull: (name) => name !== 'secret' }) })
  const { pushBlob, named } = await import('../service/testing/images.ts')
  await pushBlob(service, named('secret'), Buffer.from('x'))
  for (const from of ['&from=secret', '']) {
    t.is((await ask('POST', `/v2/a/blobs/uploads/?mount=${digest}${from}`)).status, 202)
  }
  await pushBlob(service, named('open'), Buffer.from('x'))
  t.is((await ask('POST', `/v2/a/blobs/uploads/?mount=${digest}`)).status, 201)
})

test('request IDs are taken when they can stand in a log, and made otherwise', async (t) => {
  const { ask, finished } = await serve(t)
  for (const [given, isTaken] of [
    ['abc-123', true],
    ['a'.repeat(129), false],
    ['a b', false],
    ['<x>', false],
    ['', false],
  ] as const) {
    const id = String((await ask('GET', '/v2/', { headers: { 'X-Request-Id': given } })).headers['x-request-id'])
    t.is(id === given, isTaken, given)
    if (!isTaken) t.regex(id, /^[0-9a-f-]{36}$/)
  }
  t.is(finished[0]?.id, 'abc-123')
})

test('what is told of a request has no secret in it', async (t) => {
  const { ask, finished, server } = await serve(t)
  const started = await ask('POST', '/v2/a/blobs/uploads/?secret=s3cret', {
    headers: { Authorization: 'Basic s3cret' },
  })
  await ask('GET', String(started.headers.location))
  await ask('GET', '/v2/a%2f/manifests/s3cret%20x')
  server.closeAllConnections()
  await once(server.close(), 'close')
  const session = String(started.headers['docker-upload-uuid'])
  t.is(finished.length, 3)
  t.notRegex(JSON.stringify(finished), new RegExp(`s3cret|${session}`))
  t.like(finished[0], { method: 'POST', route: 'uploads', repository: 'a', status: 202, isAborted: false, codes: [] })
})
