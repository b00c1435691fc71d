import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import test from 'ava'
import { listening, standIn, testAuthority } from '../testing/stand-in.ts'
import { createHttpClient } from './client.ts'
import { HttpFailure } from './failure.ts'
import { readBody } from './read-body.ts'

interface Proxy {
  readonly port: number
  readonly seen: string[]
}

/** Connects whatever is asked for to one port of loopback, or answers with a status. */
async function proxy(t: { teardown(fn: () => void): void }, to: number, status = 200): Promise<Proxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    seen.push(
      `${request.method} ${request.url} ${request.headers.host} ${request.headers['proxy-authorization'] ?? '-'}`,
    )
    response.writeHead(status).end('from the proxy')
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? '-'}`)
    socket.on('error', () => undefined)
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const onward = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    sockets.add(onward.on('error', () => socket.destroy()))
  })
  const port = await listening(server)
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port, seen }
}

const authority = testAuthority()

test('https goes through a tunnel, with the proxy told who we are and the host nothing of it', async (t) => {
  const { port, asked } = await standIn(t, (_, response) => response.end('inner'), { tls: authority.issue('far.test') })
  const { port: proxyPort, seen } = await proxy(t, port)
  const http = createHttpClient({
    userAgent: 'test/1',
    proxies: { https: `http://user:pass@127.0.0.1:${proxyPort}` },
    authorities: { file: '/dev/null' },
    tls: () => Promise.resolve({ isVerified: true, ca: [authority.ca] }),
  })
  t.teardown(() => http.close())
  for (const path of ['/a', '/b']) {
    const answer = await http.send({ method: 'GET', url: new URL(`https://far.test:5000${path}`) })
    t.is(String(await readBody(answer, 100)), 'inner')
  }
  t.deepEqual(seen, [`CONNECT far.test:5000 Basic ${Buffer.from('user:pass').toString('base64')}`])
  t.is(asked[0]?.headers['proxy-authorization'], undefined)
})

test('the certificate of the host is verified inside the tunnel', async (t) => {
  const { port } = await standIn(t, (_, response) => response.end(), { tls: authority.issue('other.test') })
  const { port: proxyPort } = await proxy(t, port)
  const http = createHttpClient({
    userAgent: 'test/1',
    proxies: { https: `127.0.0.1:${proxyPort}` },
    authorities: { file: '/dev/null' },
    tls: () => Promise.resolve({ isVerified: true, ca: [authority.ca] }),
  })
  t.teardown(() => http.close())
  const error = await t.throwsAsync(http.send({ method: 'GET', url: new URL('https://far.test/') }), {
    instanceOf: HttpFailure,
  })
  t.is(error.kind, 'untrusted')
})

test('http is sent to the proxy with the whole address', async (t) => {
  const { port, seen } = await proxy(t, 0)
  const http = createHttpClient({ userAgent: 'test/1', proxies: { http: `http://u:p@127.0.0.1:${port}` } })
  t.teardown(() => http.close())
  const answer = await http.send({ method: 'GET', url: new URL('http://far.test:81/x?y') })
  t.is(String(await readBody(answer, 100)), 'from the proxy')
  t.deepEqual(seen, [`GET http://far.test:81/x?y far.test:81 Basic ${Buffer.from('u:p').toString('base64')}`])
})

for (const [status, pattern] of [
  [407, /wants to know who asks/],
  [403, /does not connect to far\.test:443 \(status 403\)/],
] as const) {
  test(`a proxy that answers with ${status} is told as that`, async (t) => {
    const { port } = await proxy(t, 0, status)
    const http = createHttpClient({ userAgent: 'test/1', proxies: { https: `http://127.0.0.1:${port}` } })
    t.teardown(() => http.close())
    const error = await t.throwsAsync(http.send({ method: 'GET', url: new URL('https://far.test/') }), {
      instanceOf: HttpFailure,
    })
    t.is(error.kind, 'proxy')
    t.regex(error.message, pattern)
    t.truthy(error.hint)
  })
}

test('a proxy that is not there is told as the proxy', async (t) => {
  const server = createServer()
  const port = await listening(server)
  server.close()
  const http = createHttpClient({ userAgent: 'test/1', proxies: { https: `http://127.0.0.1:${port}` } })
  t.teardown(() => http.close())
  const error = await t.throwsAsync(http.send({ method: 'GET', url: new URL('https://far.test/') }), {
    instanceOf: HttpFailure,
  })
  t.deepEqual([error.kind, error.message.includes(`the proxy 127.0.0.1:${port}`)], ['proxy', true])
})
