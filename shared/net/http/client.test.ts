import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import test from 'ava'
import { stillUnderWay } from '../../base/under-way.ts'
import { type Answer, listening, standIn, testAuthority } from '../testing/stand-in.ts'
import { createHttpClient, type HttpClientOptions } from './client.ts'
import { HttpFailure, type HttpFailureKind } from './failure.ts'
import { readBody } from './read-body.ts'
import type { HttpClient } from './types.ts'

const authority = testAuthority()

function client(t: { teardown(fn: () => unknown): void }, options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = createHttpClient({ userAgent: 'test/1', ...options })
  t.teardown(() => made.close())
  return made
}

async function failure(work: Promise<unknown>): Promise<HttpFailure> {
  try {
    await work
  } catch (error) {
    if (error instanceof HttpFailure) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Waits for what must come; a test that waits in vain times out. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20)
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

test('an answer has status, headers and body, and every request says who asks', async (t) => {
  const { host, asked } = await standIn(t, (_, response) => response.writeHead(201, { 'x-a': ['1', '2'] }).end('hello'))
  const answer = await client(t).send({
    method: 'GET',
    url: new URL(`http://${host}/a?b=c`),
    headers: { accept: 'x/y' },
  })
  t.deepEqual([answer.status, answer.headers['x-a'], await readAll(answer.body)], [201, ['1', '2'], 'hello'])
  t.deepEqual(
    [asked[0]?.target, asked[0]?.headers['user-agent'], asked[0]?.headers.accept],
    ['/a?b=c', 'test/1', 'x/y'],
  )
})

test('a request is told of as under way until its answer is complete, by the host alone', async (t) => {
  const asked = Promise.withResolvers<ServerResponse>()
  const { host } = await standIn(t, (_, response) => asked.resolve(response))
  const own = (): string[] => stillUnderWay().filter((name) => name.includes(host))
  const sent = client(t).send({ method: 'GET', url: new URL(`http://u:secret@${host}/a?token=secret`) })
  t.deepEqual(own(), [`GET to ${host} waits for a connection`])
  const response = await asked.promise
  t.deepEqual(own(), [`GET to ${host} waits for an answer`])
  response.write('a')
  const { body } = await sent
  t.deepEqual(own(), [`GET to ${host} is being answered`])
  response.end()
  await body.discard()
  t.deepEqual(own(), [])
})

test('user and password in an address are not sent', async (t) => {
  const { host, asked } = await standIn(t, (_, response) => response.end())
  await (await client(t).send({ method: 'GET', url: new URL(`http://u:p@${host}/`) })).body.discard()
  t.is(asked[0]?.headers.authorization, undefined)
})

test('connections are kept, after a HEAD and after a discarded answer too', async (t) => {
  const ports = new Set<number | undefined>()
  const { host } = await standIn(t, (request, response) => {
    ports.add(request.socket.remotePort)
    response.end('x'.repeat(1000))
  })
  const http = client(t)
  for (const method of ['HEAD', 'GET', 'HEAD', 'GET'] as const)
    await (await http.send({ method, url: new URL(`http://${host}/`) })).body.discard()
  t.is(ports.size, 1)
})

test('a long rest that nobody reads is cut off', async (t) => {
  let closed = false
  const { host } = await standIn(t, (_, response) => {
    response.on('close', () => {
      closed = true
    })
    const more = (): void => {
      if (closed) return
      if (response.write('x'.repeat(65_536))) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  })
  const answer = await client(t).send({ method: 'GET', url: new URL(`http://${host}/`) })
  await answer.body.discard()
  await until(() => closed)
  t.pass()
})

test('a reader that waits holds up the server', async (t) => {
  let sent = 0
  const { host } = await standIn(t, async (_, response) => {
    for (; sent < 64 && !response.destroyed; sent++) {
      if (!response.write(Buffer.alloc(1024 * 1024))) await once(response, 'drain')
    }
    response.end()
  })
  const answer = await client(t).send({ method: 'GET', url: new URL(`http://${host}/`) })
  const reader = answer.body[Symbol.asyncIterator]()
  await reader.next()
  await sleep(300)
  t.true(sent < 40, `${sent} MiB were sent to a reader that did not read`)
  let size = 0
  for (let next = await reader.next(); next.done !== true; next = await reader.next()) size += next.value.length
  t.true(size > 63 * 1024 * 1024)
})

for (const [title, kind, answer] of [
  ['a connection that is closed before the answer', 'broken', (socket: Socket) => socket.destroy()],
  [
    'an answer that breaks off',
    'broken',
    (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
  ],
  ['something else than HTTP', 'protocol', (socket: Socket) => socket.end('220 mail ready\r\n')],
  [
    'a head that is too long',
    'protocol',
    (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`),
  ],
  ['no answer at all', 'timeout', () => undefined],
  [
    'a body that stops',
    'timeout',
    (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
  ],
] as const satisfies readonly (readonly [string, HttpFailureKind, (socket: Socket) => unknown])[]) {
  test(`told: ${title}`, async (t) => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined).once('data', () => answer(socket))
    })
    const port = await listening(server)
    t.teardown(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const http = client(t, { timeouts: { answer: 1500, idle: 1500 } })
    const read = async (): Promise<unknown> =>
      readBody(await http.send({ method: 'GET', url: new URL(`http://127.0.0.1:${port}/`) }), 100)
    const { kind: found, message } = await failure(read())
    t.is<HttpFailureKind, HttpFailureKind>(found, kind, message)
    t.true(message.startsWith(`127.0.0.1:${port}: `), message)
  })
}

test('a body longer than allowed is refused, whether its length is told or not', async (t) => {
  const { host } = await standIn(t, (request, response) => {
    if (request.url === '/told') response.setHeader('content-length', 1000)
    response.end('x'.repeat(1000))
  })
  for (const path of ['/told', '/untold']) {
    const answer = await client(t).send({ method: 'GET', url: new URL(path, `http://${host}`) })
    t.is((await failure(readBody(answer, 999))).kind, 'size')
  }
})

test('nobody there: refused, and no such host', async (t) => {
  const server = createServer()
  const port = await listening(server)
  server.close()
  const send = (url: string): Promise<HttpFailure> => failure(client(t).send({ method: 'GET', url: new URL(url) }))
  t.is((await send(`http://127.0.0.1:${port}/`)).kind, 'refused')
  t.is((await send('http://no-such-host.invalid/')).kind, 'lookup')
})

test('a signal ends a request that waits, and a body that is read, with its reason', async (t) => {
  const { host } = await standIn(t, (request, response) => {
    if (request.url === '/body') response.write('x')
  })
  const reason = new Error('enough')
  for (const path of ['/', '/body']) {
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 100)
    const work = async (): Promise<unknown> =>
      readBody(
        await client(t).send({ method: 'GET', url: new URL(path, `http://${host}`), signal: controller.signal }),
        100,
      )
    t.is(await t.throwsAsync(work()), reason)
  }
  const over = client(t).send({ method: 'GET', url: new URL(`http://${host}/`), signal: AbortSignal.abort(reason) })
  t.is(await t.throwsAsync(over), reason)
})

test('an error of what is sent is thrown as it is, and the source is ended', async (t) => {
  const { host } = await standIn(t, (request, response) => request.resume().on('end', () => response.end()))
  const wrong = new Error('the source broke')
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(100)
    throw wrong
  }
  const send = client(t).send({ method: 'PUT', url: new URL(`http://${host}/`), body: source() })
  t.is(await t.throwsAsync(send), wrong)
})

test('an early answer ends the sending', async (t) => {
  const { host } = await standIn(t, (_, response) => response.writeHead(413).end('too large'))
  let isEnded = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(65_536)
    } finally {
      isEnded = true
    }
  }
  const answer = await client(t).send({ method: 'PUT', url: new URL(`http://${host}/`), body: endless() })
  t.deepEqual([answer.status, await readAll(answer.body)], [413, 'too large'])
  await until(() => isEnded)
  t.pass()
})

const tls = (ca: readonly string[], isVerified = true): Partial<HttpClientOptions> => ({
  authorities: { file: '/dev/null' },
  tls: () => Promise.resolve({ isVerified, ca }),
})

for (const [title, made, options, kind] of [
  ['an authority that is given', authority.issue('127.0.0.1'), tls([authority.ca]), undefined],
  ['an authority nobody knows', authority.issue('127.0.0.1'), tls([]), 'untrusted'],
  ['another authority', authority.issue('127.0.0.1'), tls([testAuthority().ca]), 'untrusted'],
  ['a certificate for other names', authority.issue('other.test'), tls([authority.ca]), 'untrusted'],
  ['a certificate over its time', authority.expired('127.0.0.1'), tls([authority.ca]), 'untrusted'],
  ['an authority nobody knows, unverified', authority.issue('other.test'), tls([], false), undefined],
] as const) {
  test(`TLS: ${title}`, async (t) => {
    const { host } = await standIn(t, (_, response) => response.end('secret'), { tls: made })
    const send = client(t, options).send({ method: 'GET', url: new URL(`https://${host}/`) })
    if (kind === undefined) t.is(await readAll((await send).body), 'secret')
    else t.is((await failure(send)).kind, kind)
  })
}

test('TLS: a certificate of ours is shown to a server that wants one', async (t) => {
  const answer: Answer = ({ socket }, response) =>
    response.end(socket instanceof TLSSocket ? (socket.getPeerCertificate().subject?.CN ?? 'nobody') : 'plain')
  const options = { tls: { ...authority.issue('127.0.0.1'), ca: authority.ca, requestCert: true } }
  const { host } = await standIn(t, answer, options)
  const send = async (identity: { certificate: string; key: string } | undefined): Promise<string> => {
    const settings = { isVerified: true, ca: [authority.ca], identity }
    const http = client(t, { ...tls([]), tls: () => Promise.resolve(settings) })
    return readAll((await http.send({ method: 'GET', url: new URL(`https://${host}/`) })).body)
  }
  t.is(await send(undefined), 'nobody')
  t.is(await send(authority.issue('someone')), 'someone')
})

test('an http server at a place for https is told as that', async (t) => {
  const { host } = await standIn(t, (_, response) => response.end())
  t.is((await failure(client(t, tls([])).send({ method: 'GET', url: new URL(`https://${host}/`) }))).kind, 'plain')
})

test('a client that is closed gives up a connection that is still being made', async (t) => {
  let open: Socket | undefined
  const silent = createServer((socket) => {
    open = socket.on('error', () => undefined).on('data', () => undefined)
  })
  const port = await listening(silent)
  t.teardown(() => void silent.close())
  const http = createHttpClient({ userAgent: 'test/1', timeouts: { connect: 60_000 } })
  const sent = http.send({ method: 'GET', url: new URL(`https://127.0.0.1:${port}/`) })
  sent.catch(() => undefined)
  await until(() => open !== undefined)
  const ended = once(open as Socket, 'close')
  await http.close()
  await Promise.race([ended, sleep(5000).then(() => t.fail('the connection is still open'))])
  await t.throwsAsync(sent)
})
