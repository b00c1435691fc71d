import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import test from 'ava'
import { createAuthority, createServerCertificate } from './certificates.ts'

const day = 86_400_000
const from = new Date(Date.now() - day)
const until = new Date(Date.now() + 30 * day)
const authority = createAuthority({ commonName: 'a test', from, until })
const names = [
  'localhost',
  'registry.example.org',
  '127.0.0.1',
  '10.1.2.3',
  '::1',
  'fe80::1:2',
  '2001:db8::ffff:1.2.3.4',
]
const server = createServerCertificate(authority, { commonName: 'localhost', names, from, until })

test('a certificate is signed by its authority, has its own key and all names', (t) => {
  const [ca, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(server.certificate)]
  t.true(ca.ca)
  t.false(leaf.ca)
  t.true(leaf.verify(ca.publicKey))
  t.true(leaf.checkIssued(ca))
  t.true(leaf.checkPrivateKey(createPrivateKey(server.key)))
  t.false(leaf.checkPrivateKey(createPrivateKey(authority.key)))
  t.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  for (const name of ['localhost', 'registry.example.org']) t.is(leaf.checkHost(name), name)
  for (const name of ['example.org', 'a.localhost']) t.is(leaf.checkHost(name), undefined)
  for (const address of ['127.0.0.1', '10.1.2.3', '::1', 'fe80::1:2', '2001:db8::ffff:102:304'])
    t.is(leaf.checkIP(address), address)
  t.is(leaf.checkIP('127.0.0.2'), undefined)
  t.is(leaf.validToDate.getTime(), Math.floor(until.getTime() / 1000) * 1000)
})

test('two certificates have two keys and two serial numbers', (t) => {
  const other = createServerCertificate(authority, { commonName: 'localhost', names, from, until })
  const [a, b] = [new X509Certificate(server.certificate), new X509Certificate(other.certificate)]
  t.not(a.serialNumber, b.serialNumber)
  t.not(server.key, other.key)
})

test('dates beyond 2049 are written as the standard asks for', (t) => {
  const late = createAuthority({ commonName: 'late', from, until: new Date('2066-07-08T09:10:11.500Z') })
  t.is(new X509Certificate(late.certificate).validToDate.toISOString(), '2066-07-08T09:10:11.000Z')
})

const handshakes: readonly [title: string, ca: string, servername: string, error: RegExp | undefined][] = [
  ['a client that trusts the authority connects', authority.certificate, 'registry.example.org', undefined],
  ['another name is refused', authority.certificate, 'other.example.org', /ERR_TLS_CERT_ALTNAME_INVALID/],
  [
    'an authority of the same name is another one',
    createAuthority({ commonName: 'a test', from, until }).certificate,
    'localhost',
    /signature failure|UNABLE_TO_VERIFY|SELF_SIGNED|CERT_SIGNATURE_FAILURE/,
  ],
]
for (const [title, ca, servername, error] of handshakes) {
  test(title, async (t) => {
    const listening = createServer({ cert: server.certificate, key: server.key }, (socket: TLSSocket) => socket.end())
    t.teardown(() => listening.close())
    await once(listening.listen(0, '127.0.0.1'), 'listening')
    const { port } = listening.address() as AddressInfo
    const socket = connect({ host: '127.0.0.1', port, ca, servername })
    const outcome = await Promise.race([
      once(socket, 'secureConnect').then(() => 'connected'),
      once(socket, 'error').then(([failure]) => String((failure as NodeJS.ErrnoException).code)),
    ]).catch((failure: NodeJS.ErrnoException) => String(failure.code))
    socket.destroy()
    if (error === undefined) t.is(outcome, 'connected')
    else t.regex(outcome, error)
  })
}
