import { createServer } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { usualRetries } from '../../shared/net/retry.ts'
import { listening, type StandIn, sendJson, standIn, testAuthority } from '../../shared/net/testing/stand-in.ts'
import { failsWith, testClient } from './testing/client.ts'
import { content, descriptor, methods, open, repositoryOn } from './testing/upload-scene.ts'
import { type Fault, UploadServer } from './testing/upload-server.ts'

test('a blob is sent in one request after its session was begun', async (t) => {
  const { server, repository } = await repositoryOn(t)
  const told: number[] = []
  t.is(await repository.pushBlob(descriptor, open, { onProgress: (sent) => told.push(sent) }), 'sent')
  t.true(server.blobs.get(descriptor.digest)?.equals(content))
  t.deepEqual(methods(server), ['HEAD', 'POST', 'PUT'])
  t.is(told.at(-1), content.length)
})

test('a blob of which it is known that it is missing is not asked for', async (t) => {
  const { server, repository } = await repositoryOn(t)
  t.is(await repository.pushBlob(descriptor, open, { isMissing: true }), 'sent')
  t.deepEqual(methods(server), ['POST', 'PUT'])
})

test('a blob that is there is not opened', async (t) => {
  const { server, repository } = await repositoryOn(t)
  server.blobs.set(descriptor.digest, content)
  t.is(await repository.pushBlob(descriptor, () => t.fail()), 'present')
  t.deepEqual(methods(server), ['HEAD'])
})

test('an empty and a sha512 blob are sent', async (t) => {
  const { server, repository } = await repositoryOn(t)
  const empty = { mediaType: 'x/y', digest: digestOf(''), size: 0 }
  t.is(await repository.pushBlob(empty, () => open(Buffer.alloc(0))), 'sent')
  const other = { ...descriptor, digest: digestOf(content, 'sha512') }
  t.is(await repository.pushBlob(other, open), 'sent')
  t.deepEqual([...server.blobs.keys()], [empty.digest, other.digest])
})

test('a blob is mounted from the first repository that has it; sessions begun in vain are cancelled', async (t) => {
  const { server, repository } = await repositoryOn(t, { others: { c: [descriptor.digest] } })
  t.is(await repository.pushBlob(descriptor, () => t.fail(), { mountFrom: ['a', 'b', 'c'] }), 'mounted')
  t.deepEqual(methods(server), ['HEAD', 'POST', 'POST', 'DELETE'])
  t.is(server.sessions.size, 0)
})

test('a session that a mount gave instead is used', async (t) => {
  const { server, repository } = await repositoryOn(t)
  t.is(await repository.pushBlob(descriptor, open, { mountFrom: ['b'] }), 'sent')
  t.deepEqual(methods(server), ['HEAD', 'POST', 'PUT'])
})

for (const [title, location] of [
  ['relative', (path: string) => path],
  ['with a query of its own', (path: string) => `${path}?_state=a%2Fb&x=%20y`],
] as const) {
  test(`a Location that is ${title}`, async (t) => {
    const server = new UploadServer({ location })
    const { host, asked } = await standIn(t, server.answer)
    await testClient(t).repository({ domain: host, path: 'a' }).pushBlob(descriptor, open)
    const put = asked.find(({ method }) => method === 'PUT')?.target ?? ''
    const query = location('').replace('?', '')
    t.true(put.endsWith(`?${query === '' ? '' : `${query}&`}digest=${encodeURIComponent(descriptor.digest)}`), put)
  })
}

const cut: (most: number) => Fault = (most) => (request, _, server) => server.takeAndCut(request, most)
const answerWith =
  (status: number, headers: Record<string, string> = {}): Fault =>
  (request, response) =>
    request.resume().on('end', () => response.writeHead(status, headers).end())

for (const [title, faults, expected] of [
  [
    'goes on where the connection broke',
    { 'PUT 1': cut(200_000) },
    ['HEAD', 'POST', 'PUT', 'HEAD', 'GET', 'PATCH', 'PUT'],
  ],
  [
    'goes on twice',
    { 'PUT 1': cut(100_000), 'PATCH 1': cut(100_000) },
    ['HEAD', 'POST', 'PUT', 'HEAD', 'GET', 'PATCH', 'HEAD', 'GET', 'PATCH', 'PUT'],
  ],
  [
    'begins anew where the session is gone',
    { 'PUT 1': cut(1000), 'GET 1': answerWith(404) },
    ['HEAD', 'POST', 'PUT', 'HEAD', 'GET', 'DELETE', 'POST', 'PUT'],
  ],
  [
    'begins anew where nothing came',
    { 'PUT 1': (request: { socket: { destroy(): void } }) => request.socket.destroy() },
    ['HEAD', 'POST', 'PUT', 'HEAD', 'GET', 'DELETE', 'POST', 'PUT'],
  ],
  [
    'begins anew after 404 for the session',
    { 'PUT 1': answerWith(404) },
    ['HEAD', 'POST', 'PUT', 'HEAD', 'GET', 'DELETE', 'POST', 'PUT'],
  ],
  [
    'tries again after 503',
    { 'PUT 1': answerWith(503), 'POST 1': answerWith(503) },
    ['HEAD', 'POST', 'POST', 'PUT', 'HEAD', 'GET', 'DELETE', 'POST', 'PUT'],
  ],
  [
    'is there although the answer got lost',
    {
      'PUT 1': async (request: Parameters<Fault>[0], response: Parameters<Fault>[1], server: UploadServer) => {
        const lost = Object.assign(Object.create(response), {
          writeHead: () => ({ end: () => request.socket.destroy() }),
        })
        await server.serve(request, lost)
      },
    },
    ['HEAD', 'POST', 'PUT', 'HEAD'],
  ],
] as const satisfies readonly (readonly [string, Readonly<Record<string, Fault>>, readonly string[]])[]) {
  test(`a push ${title}`, async (t) => {
    const { server, repository } = await repositoryOn(t, { faults })
    t.is(await repository.pushBlob(descriptor, open), 'sent')
    t.deepEqual(methods(server), expected)
    t.true(server.blobs.get(descriptor.digest)?.equals(content))
    t.is(server.sessions.size, 0)
  })
}

test('a push that never gets through is an error, and its session is cancelled', async (t) => {
  const faults = Object.fromEntries([1, 2, 3, 4].map((n) => [`PUT ${n}`, answerWith(500)]))
  const { server, repository } = await repositoryOn(t, { faults })
  await failsWith(t, 'REGISTRY_FAILED', repository.pushBlob(descriptor, open))
  t.is(methods(server).filter((method) => method === 'PUT').length, 4)
  t.is(server.sessions.size, 0)
})

test('a session that a broken request still holds is cancelled a moment later', async (t) => {
  const { server, repository } = await repositoryOn(t, {
    faults: { 'PUT 1': answerWith(413), 'DELETE 1': answerWith(409) },
  })
  await failsWith(t, 'REGISTRY_REFUSED', repository.pushBlob(descriptor, open))
  t.deepEqual(methods(server), ['HEAD', 'POST', 'PUT', 'DELETE', 'DELETE'])
  t.is(server.sessions.size, 0)
})

for (const [title, status, code] of [
  ['too large', 413, 'REGISTRY_REFUSED'],
  ['other bytes', 400, 'REGISTRY_REFUSED'],
  ['not allowed', 403, 'REGISTRY_DENIED'],
] as const) {
  test(`refused for good, told at once: ${title}`, async (t) => {
    const { server, repository } = await repositoryOn(t, { faults: { 'PUT 1': answerWith(status) } })
    await failsWith(t, code, repository.pushBlob(descriptor, open))
    t.deepEqual([methods(server), server.sessions.size], [['HEAD', 'POST', 'PUT', 'DELETE'], 0])
  })
}

test('content that is not what the descriptor says is never committed, and no error of the network', async (t) => {
  for (const bytes of [content.subarray(1), Buffer.concat([content, content])]) {
    const { server, repository } = await repositoryOn(t)
    await failsWith(
      t,
      'DIGEST_MISMATCH',
      repository.pushBlob(descriptor, () => open(bytes)),
    )
    t.deepEqual([server.blobs.size, server.sessions.size], [0, 0])
  }
})

test('an error of the source is thrown as it is, at once, and the session is cancelled', async (t) => {
  const { server, repository } = await repositoryOn(t)
  const wrong = new Error('the disk broke')
  let opened = 0
  const error = await t.throwsAsync(
    repository.pushBlob(descriptor, async function* () {
      opened++
      yield content.subarray(0, 1000)
      throw wrong
    }),
  )
  t.deepEqual([error, opened, server.sessions.size], [wrong, 1, 0])
})

test('an abort ends a push with its reason, and the session is cancelled', async (t) => {
  const reason = new Error('enough')
  const controller = new AbortController()
  const { server, repository } = await repositoryOn(t, { faults: { 'PUT 1': () => controller.abort(reason) } })
  t.is(await t.throwsAsync(repository.pushBlob(descriptor, open, { signal: controller.signal })), reason)
  t.deepEqual([methods(server).at(-1), server.sessions.size], ['DELETE', 0])
})

test('a registry that got more than there is makes no sense', async (t) => {
  const state: Fault = (_, response) => response.writeHead(204, { range: '0-999999' }).end()
  const { repository } = await repositoryOn(t, { faults: { 'PUT 1': cut(10), 'GET 1': state } })
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', repository.pushBlob(descriptor, open))
})

test('a session without a place to go on makes no sense', async (t) => {
  const { repository } = await repositoryOn(t, { faults: { 'POST 1': (_, response) => response.writeHead(202).end() } })
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', repository.pushBlob(descriptor, open))
})

/** A registry with a login, and another host; each push tells where the Location leads, and what was sent there. */
async function withLocation(
  t: ExecutionContext,
  { isTls, location }: { readonly isTls: boolean; readonly location: (hosts: Hosts, path: string) => string },
): Promise<{ readonly push: Promise<unknown>; readonly there: StandIn; readonly server: UploadServer }> {
  const hosts: Hosts = { own: '', other: '' }
  const server = new UploadServer({ location: (path) => location(hosts, path) })
  const there = await standIn(t, server.answer)
  const tls = isTls ? { tls: testAuthority().issue('x.test') } : {}
  const { host } = await standIn(
    t,
    (request, response) => {
      if (request.headers.authorization !== undefined) return server.answer(request, response)
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    },
    tls,
  )
  Object.assign(hosts, { own: host, other: there.host })
  const credentials = { find: () => Promise.resolve({ kind: 'password', username: 'bob', password: 'x' } as const) }
  const repository = testClient(t, { credentials, retries: { most: 1 } }).repository({ domain: host, path: 'a' })
  return { push: repository.pushBlob(descriptor, open), there, server }
}

interface Hosts {
  readonly own: string
  readonly other: string
}

test('a Location that is absolute is gone on with', async (t) => {
  const { push } = await withLocation(t, { isTls: false, location: ({ own }, path) => `http://${own}${path}` })
  t.is(await push, 'sent')
})

test('a Location at another host gets the content, and no credentials', async (t) => {
  const { push, there } = await withLocation(t, {
    isTls: false,
    location: ({ other }, path) => `http://${other}${path}`,
  })
  t.is(await push, 'sent')
  t.deepEqual(
    there.asked.map(({ method, headers }) => [method, headers.authorization]),
    [['PUT', undefined]],
  )
})

test('a registry of https that thinks that it speaks http is gone on with by https', async (t) => {
  const { push, there } = await withLocation(t, {
    isTls: true,
    location: ({ own }, path) => `http://${own}${path}?a=b`,
  })
  t.is(await push, 'sent')
  t.is(there.asked.length, 0)
})

test('a registry of https cannot have content sent to another host by http', async (t) => {
  const { push, there, server } = await withLocation(t, {
    isTls: true,
    location: ({ other }, path) => `http://x${other}${path}`,
  })
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', push)
  t.deepEqual([there.asked.length, server.received], [0, 0])
})

test('a token that is over in the middle of a push is renewed, and the content sent once more', async (t) => {
  const server = new UploadServer()
  let given = 0
  const tokens = await standIn(t, (_, response) => sendJson(response, { token: `t${++given}` }))
  const { host } = await standIn(t, (request, response) => {
    const wanted = request.method === 'PUT' ? /^Bearer t2$/ : /^Bearer t[12]$/
    if (wanted.test(request.headers.authorization ?? '')) return server.answer(request, response)
    const challenge = `Bearer realm="http://${tokens.host}/",error="invalid_token"`
    return request.resume().on('end', () => response.writeHead(401, { 'www-authenticate': challenge }).end())
  })
  t.is(await testClient(t).repository({ domain: host, path: 'a' }).pushBlob(descriptor, open), 'sent')
  t.deepEqual([given, server.blobs.get(descriptor.digest)?.equals(content)], [2, true])
})

test('a registry that is gone in the middle of a push is told of at its second refusal, with what is done about it', async (t) => {
  const uploads = new UploadServer()
  const server = createServer((request, response) => {
    if (request.method !== 'PUT') return void uploads.answer(request, response)
    server.close()
    server.closeAllConnections()
  })
  const host = `127.0.0.1:${await listening(server)}`
  const stop = new AbortController()
  const first = Promise.withResolvers<string>()
  const client = testClient(t, { onNotice: first.resolve, retries: { delay: usualRetries.delay } })
  const pushing = client
    .repository({ domain: host, path: 'a' })
    .pushBlob(descriptor, () => open(), { signal: stop.signal })
  const told = await Promise.race([first.promise, pushing.then(() => 'it is over')])
  t.regex(told, /^cannot .* sha256:.*; trying again in 1 second$/)
  stop.abort()
  await t.throwsAsync(pushing, { name: 'AbortError' })
})
