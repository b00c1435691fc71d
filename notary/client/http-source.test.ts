import { mkdirSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { CredentialSource } from '../../shared/net/auth/credentials.ts'
import { type Answer, type StandIn, sendJson, standIn, testAuthority } from '../../shared/net/testing/stand-in.ts'
import { parseGun } from '../tuf/gun.ts'
import { TestCollection } from '../tuf/testing/collection.ts'
import { memoryTrustCache } from '../verifier/memory-cache.ts'
import { refreshCollection } from '../verifier/refresh.ts'
import type { TrustedCollection } from '../verifier/types.ts'
import { httpSource } from './http-source.ts'
import { createTrustServer, type TrustServer, type TrustServerOptions } from './trust-server.ts'

const gun = parseGun('localhost:5000/team/app')
const authority = testAuthority()
const certificate = authority.issue('127.0.0.1', 'localhost')

interface Parts {
  readonly stand: StandIn
  readonly server: TrustServer
}

const nobody: CredentialSource = { find: async () => undefined }

async function parts(t: ExecutionContext, answer: Answer, options: Partial<TrustServerOptions> = {}): Promise<Parts> {
  const stand = await standIn(t, answer, { tls: certificate })
  return { stand, server: serverAt(t, `https://${stand.host}`, options) }
}

function serverAt(t: ExecutionContext, url: string, options: Partial<TrustServerOptions> = {}): TrustServer {
  const server = createTrustServer({
    url: new URL(url),
    userAgent: 'ibuild/test',
    credentials: nobody,
    certificateFolders: [],
    ca: [authority.ca],
    authorities: { file: '/dev/null' },
    retries: { delay: 1 },
    timeouts: { connect: 5000, answer: 5000, idle: 500 },
    ...options,
  })
  t.teardown(() => server.close())
  return server
}

const limits = { most: 1000, signal: new AbortController().signal }
const timestampPath = `/v2/${gun}/_trust/tuf/timestamp.json`

async function failure(t: ExecutionContext, server: TrustServer): Promise<IbuildError> {
  return t.throwsAsync(async () => httpSource(server).fetch(gun, 'timestamp.json', limits), { instanceOf: IbuildError })
}

test('a file is asked for by the name of the collection as it is, and 404 means that there is none', async (t) => {
  const { server, stand } = await parts(t, (request, response) =>
    request.url === timestampPath ? response.end('here') : sendJson(response, { errors: [] }, 404),
  )
  const source = httpSource(server)
  t.is(String(await source.fetch(gun, 'timestamp.json', limits)), 'here')
  t.is(await source.fetch(gun, '2.root.json', limits), undefined)
  t.deepEqual(
    stand.asked.map(({ target }) => target),
    [timestampPath, `/v2/${gun}/_trust/tuf/2.root.json`],
  )
})

for (const [title, head, connections] of [
  ['that stays goes over one connection', {}, 1],
  ['that ends with each answer is made anew for each', { connection: 'close' }, 3],
] as const) {
  test(`what is asked for in line of a server ${title}`, async (t) => {
    const sockets = new Set<unknown>()
    const answer: Answer = ({ url = '' }, response) => {
      sockets.add(response.socket)
      response.writeHead(url.endsWith('2.root.json') ? 404 : 200, head).end(url.slice(url.lastIndexOf('/') + 1))
    }
    const { server, stand } = await parts(t, answer, { inLine: 6 })
    const names = ['timestamp.json', '2.root.json', 'root.json']
    const found = await Promise.all(names.map(async (name) => httpSource(server).fetch(gun, name, limits)))
    t.deepEqual(found.map(String), ['timestamp.json', 'undefined', 'root.json'])
    t.is(sockets.size, connections)
    t.is(stand.asked.length, 3)
  })
}

test('in line behind an answer that is too long, the others come all the same', async (t) => {
  const answer: Answer = ({ url = '' }, response) =>
    response.end(url.endsWith('timestamp.json') ? 'x'.repeat(100_000) : 'here')
  const { server } = await parts(t, answer, { inLine: 6 })
  const source = httpSource(server)
  const [long, short] = await Promise.allSettled([
    source.fetch(gun, 'timestamp.json', limits),
    source.fetch(gun, 'root.json', limits),
  ])
  t.is(long.status === 'rejected' && long.reason.code, 'TRUST_TOO_LARGE')
  t.is(short.status === 'fulfilled' && String(short.value), 'here')
})

test('an address with a path has its collections below it', async (t) => {
  const { stand } = await parts(t, (_, response) => response.end('here'))
  await httpSource(serverAt(t, `https://${stand.host}/notary/`)).fetch(gun, 'root.json', limits)
  t.is(stand.asked[0]?.target, `/notary/v2/${gun}/_trust/tuf/root.json`)
})

for (const [name, bytes, code] of [
  ['as it is', Buffer.from('x'.repeat(1000)), undefined],
  ['a byte too long', Buffer.from('x'.repeat(1001)), 'TRUST_TOO_LARGE'],
  ['compressed', gzipSync('x'.repeat(1000)), undefined],
  ['compressed, a byte too long', gzipSync('x'.repeat(1001)), 'TRUST_TOO_LARGE'],
  ['compressed, with 100 MB in it', gzipSync(Buffer.alloc(100_000_000)), 'TRUST_TOO_LARGE'],
  ['compressed and damaged', gzipSync('x'.repeat(1000)).subarray(0, 20), 'TRUST_UNREACHABLE'],
] as const) {
  test(`an answer ${name}: ${code ?? 'taken'}`, async (t) => {
    const coding = name.startsWith('compressed') ? { 'content-encoding': 'gzip' } : {}
    const { server } = await parts(t, (_, response) => response.writeHead(200, coding).end(bytes))
    if (code === undefined) t.is((await httpSource(server).fetch(gun, 'timestamp.json', limits))?.byteLength, 1000)
    else t.is((await failure(t, server)).code, code)
  })
}

test('an answer without end, with and without a length, is cut off', async (t) => {
  for (const head of [{}, { 'content-length': '1000000000000' }]) {
    const { server } = await parts(t, async (_, response) => {
      response.writeHead(200, head)
      while (response.writable && !response.destroyed && !response.closed) {
        response.write(Buffer.alloc(65536))
        await sleep(0)
      }
    })
    t.is((await failure(t, server)).code, 'TRUST_TOO_LARGE')
  }
})

test('a coding that was not asked for is refused', async (t) => {
  const { server } = await parts(t, (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x'))
  const error = await failure(t, server)
  t.is(error.code, 'TRUST_UNREACHABLE')
  t.regex(error.message, /coded as "br"/)
})

/** Sends a byte now and then, for ever. */
async function drip(response: ServerResponse): Promise<void> {
  response.writeHead(200)
  while (!response.destroyed && !response.closed) {
    response.write(' ')
    await sleep(20)
  }
}

test('a server that sends a byte now and then does not hold up a refresh for longer than it may take', async (t) => {
  const { server } = await parts(t, (_, response) => drip(response))
  const refreshing = refreshCollection(gun, {
    source: httpSource(server),
    cache: memoryTrustCache(),
    pinning: { keys: new Map(), authorities: new Map(), allowsFirstUse: true },
    unreachable: 'refuse',
    deadline: 300,
  })
  await t.throwsAsync(refreshing, { code: 'TRUST_UNREACHABLE', message: /within 0.3 seconds/ })
})

test('a server that says nothing is given up', async (t) => {
  const { server, stand } = await parts(t, () => undefined, {
    timeouts: { answer: 50 },
    retries: { delay: 1, most: 1 },
  })
  const error = await failure(t, server)
  t.is(error.code, 'TRUST_UNREACHABLE')
  t.regex(error.message, /did not answer in time/)
  t.is(stand.asked.length, 2)
})

for (const [status, code, text] of [
  [401, 'TRUST_DENIED', /authentication required \(status 401\)/],
  [403, 'TRUST_DENIED', /status 403/],
  [418, 'TRUST_UNREACHABLE', /status 418/],
  [500, 'TRUST_UNREACHABLE', /status 500/],
  [503, 'TRUST_UNREACHABLE', /status 503/],
] as const) {
  test(`status ${status} is told as it is: ${code}`, async (t) => {
    const body = { errors: [{ code: 'X', message: status === 401 ? 'authentication required' : 'no' }] }
    const { server, stand } = await parts(t, (_, response) => sendJson(response, body, status))
    const error = await failure(t, server)
    t.is(error.code, code)
    t.regex(error.message, text)
    t.is(stand.asked.length, status >= 500 ? 3 : 1, 'what may pass is tried again')
  })
}

test('who is not there, has another certificate, or speaks plain http is told apart', async (t) => {
  const plain = await standIn(t, (_, response) => response.end('x'))
  const own = await standIn(t, (_, response) => response.end('x'), { tls: testAuthority().issue('127.0.0.1') })
  const named = await standIn(t, (_, response) => response.end('x'), { tls: authority.issue('other.test') })
  const old = await standIn(t, (_, response) => response.end('x'), { tls: authority.expired('127.0.0.1') })
  const texts = await Promise.all(
    [plain.host, own.host, named.host, old.host, '127.0.0.1:1', 'no-such-host.invalid'].map(async (host) => {
      const { code, message, hint } = await failure(t, serverAt(t, `https://${host}`))
      t.is(code, 'TRUST_UNREACHABLE')
      t.not(hint, undefined)
      return message
    }),
  )
  for (const [i, pattern] of [
    /not speak TLS/,
    /authority that is not trusted/,
    /for other names/,
    /over its time/,
    /refused/,
    /no such host|looked up/,
  ].entries())
    t.regex(texts[i] ?? '', pattern)
})

test('an authority in the folder of the host is trusted for it', async (t) => {
  const { stand } = await parts(t, (_, response) => response.end('here'))
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, stand.host))
  writeFileSync(join(folder, stand.host, 'ca.crt'), authority.ca)
  const server = serverAt(t, `https://${stand.host}`, { ca: [], certificateFolders: [folder] })
  t.is(String(await httpSource(server).fetch(gun, 'timestamp.json', limits)), 'here')
  writeFileSync(join(folder, stand.host, 'ca.crt'), testAuthority().ca)
  const wary = serverAt(t, `https://${stand.host}`, { ca: [], certificateFolders: [folder] })
  t.is((await failure(t, wary)).code, 'TRUST_UNREACHABLE', 'also on this machine')
})

test('a token is asked for with the name of the collection, and the login of the host of the image', async (t) => {
  const bob = `Basic ${Buffer.from('bob:secret').toString('base64')}`
  const { server, stand } = await parts(
    t,
    (request, response) => {
      if (request.url?.startsWith('/token') === true) {
        return sendJson(response, { token: request.headers.authorization === bob ? 'good' : 'bad' })
      }
      if (request.headers.authorization === 'Bearer good') return response.end('here')
      const scope = `repository:${gun}:pull`
      response.setHeader(
        'www-authenticate',
        `Bearer realm="https://${request.headers.host}/token",service="notary",scope="${scope}"`,
      )
      return sendJson(response, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }, 401)
    },
    {
      credentials: {
        find: async (domain) =>
          domain === 'localhost:5000' ? { kind: 'password', username: 'bob', password: 'secret' } : undefined,
      },
    },
  )
  t.is(String(await httpSource(server).fetch(gun, 'timestamp.json', limits)), 'here')
  t.is(String(await httpSource(server).fetch(gun, 'root.json', limits)), 'here')
  const tokens = stand.asked.filter(({ target }) => target.startsWith('/token'))
  t.is(tokens.length, 1)
  const query = new URL(tokens[0]?.target ?? '', 'http://x').searchParams
  t.is(query.get('scope'), `repository:${gun}:pull`)
  t.is(query.get('service'), 'notary')
})

test('a server that wants Basic gets it', async (t) => {
  const { server } = await parts(
    t,
    (request, response) => {
      if (request.headers.authorization?.startsWith('Basic ') === true) return response.end('here')
      response.setHeader('www-authenticate', 'Basic realm="x"')
      return sendJson(response, {}, 401)
    },
    { credentials: { find: async () => ({ kind: 'password', username: 'bob', password: 'x' }) } },
  )
  t.is(String(await httpSource(server).fetch(gun, 'timestamp.json', limits)), 'here')
})

test('a whole collection comes by https, and a second look is two requests', async (t) => {
  const collection = new TestCollection().addTarget('v1', 'one')
  const { served } = await collection.publish()
  const { server, stand } = await parts(t, (request, response) => {
    const bytes = served.get(request.url?.split('/_trust/tuf/')[1] ?? '')
    return bytes === undefined ? sendJson(response, {}, 404) : response.end(bytes)
  })
  const cache = memoryTrustCache()
  const look = (): Promise<TrustedCollection> =>
    refreshCollection(collection.gun, {
      source: httpSource(server),
      cache,
      pinning: { keys: new Map(), authorities: new Map(), allowsFirstUse: true },
      unreachable: 'refuse',
    })
  t.is((await look()).targets.get('targets')?.signed.targets.size, 1)
  stand.asked.length = 0
  await look()
  t.is(stand.asked.length, 2)
})
