import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, get, request, type Server } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { type Credential, createAuthority, createClientCertificate } from '../../shared/net/certificates.ts'
import { createMemorySigner } from '../service/testing/memory-signer.ts'
import { parseGun } from '../tuf/gun.ts'
import { keyJson } from '../tuf/key.ts'
import type { PublicKey } from '../tuf/types.ts'
import type { RemoteSignerTls } from './remote-exchange.ts'
import { createRemoteSigner } from './remote-signer.ts'
import { signerSuite } from './testing/signer-contract.ts'
import { listeningLog, startTestSigner } from './testing/signer-scene.ts'

const folder = temporaryFolder({ teardown: (work) => test.after.always(work) })
let shared: Awaited<ReturnType<typeof startTestSigner>>
let address: string
let tls: RemoteSignerTls
const own = createMemorySigner()
let key: PublicKey
let other: PublicKey
test.before(async () => {
  shared = await startTestSigner(folder)
  ;({ address, tls } = shared)
  key = await own.createKey(gun, 'snapshot')
  other = await own.createKey(gun, 'timestamp')
})
test.after.always(() => shared.close())
const gun = parseGun('localhost:5000/team/app')
const message = Buffer.from('a message')
const day = 86_400_000

// each test of the suite has a signer of its own behind its connection
signerSuite(test, {
  name: 'remote',
  make: async (t) => {
    const server = await startTestSigner(temporaryFolder(t))
    t.teardown(() => server.close())
    return createRemoteSigner(server)
  },
})

test('the certificate for the client is made once, its key for the owner alone', async (t) => {
  t.is(statSync(join(folder, 'tls', 'client.key')).mode & 0o777, 0o600)
  const again = await startTestSigner(folder)
  t.deepEqual(again.tls, tls)
  t.is(again.clientFiles?.certificate, join(folder, 'tls', 'client.crt'))
  await again.close()
})

const authority = (name: string): ReturnType<typeof createAuthority> =>
  createAuthority({ commonName: name, from: new Date(Date.now() - day), until: new Date(Date.now() + day) })
const ownAuthority = (): Credential => ({ certificate: file('ca.crt'), key: file('ca.key') })
const clientOf = (ca: Credential, commonName: string, until = Date.now() + day): Partial<RemoteSignerTls> =>
  createClientCertificate(ca, { commonName, from: new Date(Date.now() - 2 * day), until: new Date(until) })
const file = (name: string): string => readFileSync(join(folder, 'tls', name), 'utf8')

const refused: readonly [title: string, tls: () => Partial<RemoteSignerTls>, message: RegExp][] = [
  ['another name', () => clientOf(ownAuthority(), 'mallory'), /answers 403: the name/],
  [
    'the certificate of a server',
    () => ({ certificate: file('server.crt'), key: file('server.key') }),
    /ECONNRESET|alert|socket|hang up/i,
  ],
  ['another CA', () => clientOf(authority('other'), 'notary'), /ECONNRESET|alert|socket|hang up/i],
  [
    'a CA of the same name',
    () => clientOf(authority('ibuild notary signer'), 'notary'),
    /ECONNRESET|alert|socket|hang up/i,
  ],
  [
    'a certificate over its time',
    () => clientOf(ownAuthority(), 'notary', Date.now() - day),
    /ECONNRESET|alert|socket|hang up/i,
  ],
  ['a signer of another CA', () => ({ ca: authority('other').certificate }), /unable to verify|self.signed|issuer/i],
]
for (const [title, given, expected] of refused) {
  test(`refused: ${title}`, async (t) => {
    const signer = createRemoteSigner({ address, tls: { ...tls, ...given() } })
    t.teardown(() => signer.close())
    const error = await t.throwsAsync(signer.createKey(gun, 'snapshot'), { code: 'SIGNER_UNAVAILABLE' })
    t.regex(error.message, expected)
    t.true(error.message.startsWith(`the signer at ${address}: `))
    t.false(inspect(error, { depth: 9, showHidden: true }).includes('PRIVATE KEY'))
  })
}

test('a client without a certificate is refused', async (t) => {
  const asked = get(`https://${address}/v1/health`, { ca: tls.ca })
  const [failure] = await once(asked, 'error').catch((error: unknown) => [error])
  t.regex(failure instanceof Error ? failure.message : '', /ECONNRESET|alert|socket hang up/i)
})

test('names of clients are those that are configured', async (t) => {
  const place = temporaryFolder(t)
  const { log, text } = listeningLog()
  const server = await startTestSigner(place, { clients: ['web-1', 'web-2'], log })
  t.teardown(() => server.close())
  const ca = { certificate: server.tls.ca, key: readFileSync(join(place, 'tls', 'ca.key'), 'utf8') }
  const signers = ['web-2', 'notary', 'web'].map((name) =>
    createRemoteSigner({ address: server.address, tls: { ...server.tls, ...clientOf(ca, name) } }),
  )
  t.teardown(async () => {
    await Promise.all(signers.map((signer) => signer.close()))
  })
  await t.notThrowsAsync(signers[0]?.check() ?? Promise.reject(new Error()))
  for (const signer of signers.slice(1)) await t.throwsAsync(signer.check(), { code: 'SIGNER_UNAVAILABLE' })
  t.regex(text(), /a client was refused/)
})

/** What a client with a certificate gets for something that the protocol does not have. */
async function raw(method: string, path: string, body = ''): Promise<readonly [status: number, body: string]> {
  const { ca, certificate: cert, key } = tls
  const asked = request(`https://${address}${path}`, { method, ca, cert, key })
  asked.end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const piece of response as AsyncIterable<Buffer>) text += piece.toString()
  return [response.statusCode ?? 0, text]
}

const requests: readonly [method: string, path: string, body: string, status: number][] = [
  ['GET', '/', '', 404],
  ['GET', '/v1/keys', '', 404],
  ['DELETE', `/v1/keys/${'0'.repeat(64)}`, '', 404],
  ['GET', `/v1/keys/${'0'.repeat(63)}`, '', 404],
  ['GET', `/v1/keys/${'0'.repeat(64)}`, '', 404],
  ['POST', `/v1/keys/${'0'.repeat(64)}/signatures`, 'x', 404],
  ['POST', '/v1/keys', '', 400],
  ['POST', '/v1/keys', '{"gun":"a","role":"root"}', 400],
  ['POST', '/v1/keys', '{"gun":"a/../b","role":"snapshot"}', 400],
  ['POST', '/v1/keys', '{"gun":1,"role":"snapshot"}', 400],
  ['POST', '/v1/keys', '['.repeat(1000), 400],
  ['POST', '/v1/keys', 'x'.repeat(70_000), 413],
]
for (const [method, path, body, status] of requests) {
  test(`${method} ${path.slice(0, 90)} ${body.slice(0, 40)}: ${status}`, async (t) => {
    const [answered, text] = await raw(method, path, body)
    t.is(answered, status)
    t.regex(text, /^\{"error":\{"message":"[^"]+"\}\}$/)
  })
}

test('a message that is too large is not sent', async (t) => {
  const signer = createRemoteSigner({ address, tls })
  t.teardown(() => signer.close())
  const made = await signer.createKey(parseGun('large/message'), 'snapshot')
  const large = signer.sign(made.id, Buffer.alloc(16 * 1024 * 1024 + 1))
  await t.throwsAsync(large, { code: 'SIGNER_UNAVAILABLE', message: /too large/ })
  await t.notThrowsAsync(signer.sign(made.id, Buffer.alloc(4 * 1024 * 1024)))
})

test('a signer that is down is told, and asked again when it is back', async (t) => {
  const place = temporaryFolder(t)
  const kept = createMemorySigner()
  const first = await startTestSigner(place, { signer: kept })
  const signer = createRemoteSigner(first)
  t.teardown(() => signer.close())
  const made = await signer.createKey(gun, 'timestamp')
  await first.close()
  await t.throwsAsync(signer.sign(made.id, message), { code: 'SIGNER_UNAVAILABLE', message: /ECONNREFUSED/ })
  await t.throwsAsync(signer.check(), { code: 'SIGNER_UNAVAILABLE' })
  const again = await startTestSigner(place, { signer: kept, listen: first.address })
  t.teardown(() => again.close())
  await t.notThrowsAsync(signer.sign(made.id, message))
})

test('a signer that cannot sign is told with its reason', async (t) => {
  const broken = createMemorySigner()
  const { log, text } = listeningLog()
  const server = await startTestSigner(temporaryFolder(t), { signer: broken, log })
  const signer = createRemoteSigner(server)
  t.teardown(() => signer.close().then(() => server.close()))
  broken.setDown(true)
  const error = await t.throwsAsync(signer.check(), { code: 'SIGNER_UNAVAILABLE' })
  t.regex(error.message, /answers 503: the signer is down/)
  t.regex(text(), /cannot do what it was asked/)
})

/** A server with the signer's certificate that answers as it likes. */
async function impostor(listener: RequestListener): Promise<{ server: Server; address: string }> {
  const server = createServer({ cert: file('server.crt'), key: file('server.key') }, listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const lies: readonly [title: string, answer: () => string, status: number, message: RegExp][] = [
  ['no JSON', () => 'hello', 200, /not JSON/],
  ['another key', () => JSON.stringify(keyJson(other)), 200, /another key/],
  ['a key of no known type', () => '{"keytype":"x","keyval":{"public":"AA==","private":null}}', 200, /not known/],
  ['a key of nobody', () => JSON.stringify(keyJson(key)), 200, /gun/],
  ['a key of no collection', () => JSON.stringify({ ...keyJson(key), gun: '../x' }), 200, /no collection/],
  ['too much', () => 'x'.repeat(70_000), 200, /too large/],
  ['an error of its own', () => '{"error":{"message":"oh"}}', 500, /answers 500: oh/],
  ['a redirection', () => '{}', 302, /answers 302/],
]
for (const [title, answer, status, expected] of lies) {
  test(`not believed: ${title}`, async (t) => {
    const { server, address: place } = await impostor((_, response) => response.writeHead(status).end(answer()))
    const signer = createRemoteSigner({ address: place, tls })
    t.teardown(() => signer.close().then(() => server.close()))
    await t.throwsAsync(signer.heldKey(key.id), { code: 'SIGNER_UNAVAILABLE', message: expected })
  })
}

test('a signature by another key or of another message is not taken', async (t) => {
  let signature = await own.sign(other.id, message)
  const { server, address: place } = await impostor((request, response) => {
    const isKey = request.method === 'GET'
    response.end(JSON.stringify(isKey ? { ...keyJson(key), gun } : { signature: signature.toString('base64') }))
  })
  const signer = createRemoteSigner({ address: place, tls })
  t.teardown(() => signer.close().then(() => server.close()))
  const lie = { code: 'SIGNER_UNAVAILABLE', message: /not by its key/ }
  await t.throwsAsync(signer.sign(key.id, message), lie)
  signature = await own.sign(key.id, Buffer.from('another'))
  await t.throwsAsync(signer.sign(key.id, message), lie)
  signature = await own.sign(key.id, message)
  t.deepEqual(await signer.sign(key.id, message), signature)
})

test('who never answers is waited for no longer than told', async (t) => {
  const silent = createTcpServer(() => {})
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const place = `127.0.0.1:${(silent.address() as AddressInfo).port}`
  const signer = createRemoteSigner({ address: place, tls, timeout: 50 })
  t.teardown(() => signer.close().then(() => silent.close()))
  await t.throwsAsync(signer.check(), { code: 'SIGNER_UNAVAILABLE', message: /did not answer in time/ })
})

test('a kept connection that the other end closed is no failure', async (t) => {
  let connections = 0
  const { server, address: place } = await impostor((_, response) => response.end('{}'))
  server.on('secureConnection', () => connections++)
  const signer = createRemoteSigner({ address: place, tls })
  t.teardown(() => signer.close().then(() => server.close()))
  await signer.check()
  await signer.check()
  t.is(connections, 1, 'connections are kept')
  server.closeAllConnections()
  await t.notThrowsAsync(signer.check())
  t.is(connections, 2)
})
