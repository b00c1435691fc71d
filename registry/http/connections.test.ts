import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { readAll } from '../../shared/web/testing/asking.ts'
import { imageOf, named, pushArtifact } from '../service/testing/images.ts'
import { serve } from './testing/served.ts'

const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)

for (const [title, text, status] of [
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['a bad version', 'GET /v2/ HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ['a space in the target', 'GET /v2/ a HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a bad header', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nbad header: x\r\n\r\n', 400],
  ['a folded header', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 400],
  ['NUL in a header', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n', 400],
  ['no host', 'GET /v2/ HTTP/1.1\r\n\r\n', 400],
  ['large headers', `GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a large target', `GET /v2/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  [
    'a length and chunks',
    'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'chunks and a length',
    'POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['two lengths', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', 400],
  ['a length that is none', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\nhello', 400],
  ['a length below zero', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello', 400],
  ['a list of lengths', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello', 400],
  ['an unknown coding', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 501],
  ['a hidden coding', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n', 400],
  ['chunks not last', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n', 400],
  ['an unknown expectation', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n', 417],
] as const) {
  test(`a connection with ${title} gets one answer of JSON and is closed`, async (t) => {
    const { say, ask } = await serve(t)
    const answer = await say(text)
    t.regex(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    t.is(answer.split('HTTP/1.1').length, 2)
    t.regex(answer, /\r\nConnection: close\r\n/)
    t.deepEqual(Object.keys(JSON.parse(bodyOf(answer))), ['errors'])
    t.is((await ask('GET', '/v2/')).status, 200)
  })
}

for (const [title, chunks] of [
  ['a size that is none', 'zz\r\nhello\r\n0\r\n\r\n'],
  ['a size too large for any number', `${'f'.repeat(40)}\r\nhello`],
  ['no line end after a chunk', '5\r\nhelloXX0\r\n\r\n'],
  ['bare line feeds', '5\nhello\n0\n\n'],
] as const) {
  test(`chunks with ${title} end the request`, async (t) => {
    const { ask, say, service } = await serve(t)
    const location = String((await ask('POST', '/v2/a/blobs/uploads/')).headers.location)
    const answer = await say(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`)
    t.regex(answer, /^HTTP\/1\.1 400 /)
    t.deepEqual(Object.keys(JSON.parse(bodyOf(answer))), ['errors'])
    t.is((await service.uploads.list()).length, 1)
    t.is((await ask('GET', location)).status, 204)
  })
}

test('a whole URL as the target, HTTP/1.0, and names of headers in any case', async (t) => {
  const { say } = await serve(t)
  t.regex(await say('GET http://x:5000/v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 200 /)
  t.regex(await say('GET HTTP://x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 200 /)
  t.regex(await say('GET /v2/ HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
  t.regex(await say('GET /v2/ HTTP/1.1\r\nhOST: x\r\ncONNECTION: cLOSE\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

test('a head that does not come in time is answered with 408', async (t) => {
  const { say, dial } = await serve(t, { limits: { headersTimeout: 200, checkInterval: 50 } })
  const answer = await say('GET /v2/ HTTP/1.1\r\nHost: x\r\nA:')
  t.regex(answer, /^HTTP\/1\.1 408 /)
  t.deepEqual(Object.keys(JSON.parse(bodyOf(answer))), ['errors'])
  const drip = async (): Promise<string> => {
    const dripping = await dial()
    dripping.write('GET /v2/ HTTP/1.1\r\nHost: x\r\nA:')
    const timer = setInterval(() => dripping.write('x'), 20)
    const told = await readAll(dripping)
    clearInterval(timer)
    return told
  }
  let told = await drip()
  // Where a drop meets the answer, the connection is reset before that is read.
  for (let i = 0; i < 10 && /^\[(?:read|write) E/.test(told); i++) told = await drip()
  t.regex(told, /^HTTP\/1\.1 408 /)
  t.regex(await readAll(await dial()), /^(HTTP\/1\.1 408 |$)/)
})

test('a body may take its time, as long as something comes', async (t) => {
  // Long enough for a machine that does nothing for half a second, and over before the body is.
  const limits = { headersTimeout: 1000, checkInterval: 30, slowBodyTime: 1200, slowBodyBytes: 3 }
  const { ask, dial, finished } = await serve(t, { limits })
  const location = String((await ask('POST', '/v2/a/blobs/uploads/')).headers.location)
  const socket = await dial()
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n`)
  for (let i = 0; i < 20; i++) {
    await sleep(100)
    socket.write('x')
  }
  t.regex(String(await once(socket, 'data')), /^HTTP\/1\.1 202 /)
  const slow = await dial()
  slow.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nx`)
  t.regex(await readAll(slow), /^HTTP\/1\.1 408 [^]*Connection: close/)
  while (finished.length < 3) await sleep(10)
  t.like(finished[2], { status: 408, isAborted: false, receivedBytes: 1, codes: ['BLOB_UPLOAD_INVALID'] })
  t.is((await ask('GET', location)).headers['x-upload-offset'], '21')
})

test('requests that are sent at once are answered one after the other', async (t) => {
  const { say } = await serve(t)
  const start = 'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'
  const get = (path: string, last = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${last}\r\n`
  const close = 'Connection: close\r\n'
  const answer = await say(start + get('/v2/') + get('/v2/a/tags/list') + get('/', close) + get('/v2/', close))
  t.deepEqual(
    [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['202', '200', '404', '200'],
  )
})

test('more requests at once than may wait cut the connection', async (t) => {
  const { say, ask } = await serve(t, { limits: { pipelined: 5 } })
  const answer = await say('GET /v2/_catalog HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50))
  t.true(answer.split('HTTP/1.1 200').length < 8)
  t.is((await ask('GET', '/v2/')).status, 200)
})

test('a client that waits for 100 Continue gets it, or at once the refusal', async (t) => {
  const { ask, dial, say } = await serve(t)
  const location = String((await ask('POST', '/v2/a/blobs/uploads/')).headers.location)
  const socket = await dial()
  socket.write(
    `PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
  )
  t.regex(String(await once(socket, 'data')), /^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  socket.write('hello')
  t.regex(await readAll(socket), /^HTTP\/1\.1 202 [^]*Range: 0-4/)
  const refused = await say(
    `PATCH ${location}x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhello`,
  )
  t.regex(refused, /^HTTP\/1\.1 404 /)
})

test('an unknown expectation is refused in its turn, and told', async (t) => {
  const { say, finished } = await serve(t)
  const expecting = 'GET /v2/ HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n'
  const answer = await say(`GET /v2/_catalog HTTP/1.1\r\nHost: x\r\n\r\n${expecting}`)
  t.deepEqual(
    [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['200', '417'],
  )
  t.deepEqual(
    finished.map(({ status }) => status),
    [200, 417],
  )
})

test('connections are counted, all and those of one address', async (t) => {
  for (const limits of [{ connectionsPerAddress: 3 }, { connections: 3 }]) {
    const { dial } = await serve(t, { limits })
    const open = [await dial(), await dial(), await dial()]
    const refused = await dial()
    t.regex(await readAll(refused), /^(\[read ECONNRESET\])?$/)
    open[0]?.destroy()
    let answer = ''
    while (!answer.startsWith('HTTP/1.1 200 ')) {
      await sleep(20)
      const again = await dial()
      again.write('GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      answer = await readAll(again)
    }
    t.pass()
  }
})

test('the answer to a large body that is refused comes before the connection ends', async (t) => {
  const { dial, ask, service } = await serve(t)
  await pushArtifact(service, named('a'), imageOf('x'), ['1'])
  const megabyte = Buffer.alloc(1024 * 1024, 0x20)
  for (const [head, status] of [
    ['PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n', 413],
    ['PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n', 404],
    ['POST /v2/A/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n', 400],
    ['GET /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n', 200],
  ] as const) {
    const socket = await dial()
    const answer = readAll(socket)
    socket.write(head)
    for (let i = 0; i < 40 && socket.writable; i++) {
      if (!socket.write(megabyte)) await Promise.race([once(socket, 'drain'), sleep(500)])
    }
    socket.end()
    const text = await answer
    t.regex(text, new RegExp(`^HTTP/1\\.1 ${status} [^]*Connection: close`))
    t.notRegex(text, /\[(read|write) E/)
    t.notThrows(() => JSON.parse(bodyOf(text)))
  }
  t.is((await ask('GET', '/v2/')).status, 200)
})

test('a manifest that is too large is refused before its end, which may never come', async (t) => {
  const { dial } = await serve(t, { limits: { refusedBodyTime: 200 } })
  const socket = await dial()
  socket.write('PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write(`500000\r\n${' '.repeat(0x500000)}\r\n`)
  t.regex(await readAll(socket), /^HTTP\/1\.1 413 [^]*MANIFEST_INVALID/)
})

test('a refused body has bounds: its size and its time', async (t) => {
  const { dial, say } = await serve(t, { limits: { refusedBodyTime: 200, refusedBodyBytes: 1_000_000 } })
  const head = 'PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
  const waiting = await say(head)
  t.regex(waiting, /^HTTP\/1\.1 404 /)
  const socket = await dial()
  socket.on('error', () => undefined).resume()
  socket.write(head)
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  let sent = 0
  while (!socket.closed && sent < 2000) {
    sent++
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
  }
  t.true(socket.closed && sent < 1000, `${sent} chunks of 64 KiB`)
})

test('a small body that is refused leaves the connection as it is', async (t) => {
  const { say } = await serve(t)
  const refused = 'PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'
  const answer = await say(`${refused}GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  t.deepEqual(
    [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['404', '200'],
  )
})
