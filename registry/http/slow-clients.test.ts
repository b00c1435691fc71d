import { once } from 'node:events'
import { createServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { listening, testAuthority } from '../../shared/net/testing/stand-in.ts'
import { serverOptions } from '../../shared/web/configure-server.ts'
import { imageOf, named, pushArtifact } from '../service/testing/images.ts'
import { configureServer } from './configure-server.ts'
import { serve } from './testing/served.ts'

/** True when the server's side of a connection ends within some seconds. */
async function isCutOff(socket: Socket): Promise<boolean> {
  for (let i = 0; i < 200 && !socket.destroyed; i++) await sleep(40)
  return socket.destroyed
}

for (const [title, text] of [
  ['says nothing', ''],
  ['begins to greet, and no more', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['speaks no TLS', 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'],
] as const) {
  test(`a client of a server with TLS that ${title} is cut off`, async (t) => {
    const { certificate: cert, key } = testAuthority().issue('127.0.0.1')
    const server = createServer({ ...serverOptions(), cert, key, handshakeTimeout: 200 })
    configureServer(server)
    const accepted = once(server, 'connection')
    const client = connect({ port: await listening(server), host: '127.0.0.1', allowHalfOpen: true })
    client.on('error', () => undefined).write(text, 'latin1')
    t.teardown(() => server.close())
    t.teardown(() => client.destroy())
    const [socket]: Socket[] = await accepted
    t.true(socket !== undefined && (await isCutOff(socket)))
  })
}

test('a client that does not take an answer is cut off, and the answer forgotten', async (t) => {
  const { dial, server, service, finished } = await serve(t, { limits: { stalledReadTime: 300 } })
  const annotations = { large: 'x'.repeat(4_000_000) }
  await pushArtifact(service, named('a'), imageOf('x', { annotations }), ['1'])
  const accepted = once(server, 'connection')
  const client = await dial()
  const most = 12 // the buffers of the system take some of them
  client.write('GET /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(most))
  const [socket]: Socket[] = await accepted
  t.true(socket !== undefined && (await isCutOff(socket)))
  await sleep(100) // it is told when the connection is closed, which is after it was cut
  t.true(finished.length < most)
  t.true(finished.at(-1)?.isAborted)
})

test('large answers that are not taken stay within a budget: beyond it others are told to come later', async (t) => {
  const heldAnswerBytes = 8_000_000
  const { dial, ask, service } = await serve(t, { limits: { heldAnswerBytes, stalledReadTime: 60_000 } })
  const annotations = { large: 'x'.repeat(4_000_000) }
  const uncached = { ...service.manifests, peek: () => undefined }
  // each answer has bytes of its own, as those of manifests that are in no cache
  Object.assign(service.manifests, {
    peek: () => undefined,
    get: async (...args: Parameters<typeof uncached.get>) => {
      const found = await uncached.get(...args)
      return { ...found, bytes: new Uint8Array(found.bytes) }
    },
  })
  await pushArtifact(service, named('a'), imageOf('x', { annotations }), ['1'])
  await pushArtifact(service, named('a'), imageOf('y'), ['small'])
  const slow: Socket[] = []
  const large = async (): Promise<number> => (await ask('GET', '/v2/a/manifests/1')).status
  for (let i = 0; i < 3; i++) {
    t.is(await large(), 200, `${slow.length} slow clients`)
    const client = await dial()
    client.pause().write('GET /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(4)) // the system takes some
    slow.push(client)
    await sleep(300)
    if ((await large()) === 429) break
  }
  const refused = await ask('GET', '/v2/a/manifests/1')
  t.is(refused.status, 429)
  t.deepEqual(refused.codes, ['TOOMANYREQUESTS'])
  t.regex(refused.headers['retry-after'] ?? '', /^\d+$/)
  t.is((await ask('HEAD', '/v2/a/manifests/1')).status, 200)
  t.is((await ask('GET', '/v2/a/manifests/small')).status, 200)
  for (const client of slow) client.destroy()
  await sleep(300)
  t.is(await large(), 200)
})
