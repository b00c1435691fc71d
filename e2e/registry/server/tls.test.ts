import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import test from 'ava'
import { createAuthority, createServerCertificate } from '../../../shared/net/certificates.ts'
import { needs } from '../../testing/needs.ts'
import { runOk } from '../../testing/run.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { startServing } from './serving.ts'

const anyPort = ['--listen', '127.0.0.1:0']
const day = 86_400_000

/** Status of `/v2/` for a client that trusts `ca` alone. */
async function statusWith(url: string, ca: string, options: object = {}): Promise<number> {
  const sent = request(`${url}/v2/`, { ca, agent: false, ...options })
  sent.end()
  const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }]
  answer.resume()
  return answer.statusCode
}

/** What a new connection is shown. */
async function shown(url: string, options: object = {}): Promise<{ certificate: X509Certificate; socket: TLSSocket }> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false, ...options })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate()
  socket.destroy()
  if (certificate === undefined) throw new Error('no certificate')
  return { certificate, socket }
}

test('--tls auto makes a CA and a certificate for the names given, tells how docker trusts it, and keeps both', async (t) => {
  const root = temporaryFolder(t)
  const args = [
    '--root',
    root,
    ...anyPort,
    '--tls',
    'auto',
    '--tls-name',
    'registry.example.org',
    '--tls-name',
    '10.1.2.3',
  ]
  const serving = await startServing(t, args)
  const port = new URL(serving.url).port
  t.regex(serving.url, /^https:/)
  const at = (name: string): string => join(root, 'registry/tls', name)
  const ca = readFileSync(at('ca.crt'), 'utf8')
  const command = `install -D -m 644 ${at('ca.crt')} /etc/docker/certs.d/registry.example.org:${port}/ca.crt`
  t.is(serving.stderr().split(command).length, 2, serving.stderr())
  for (const servername of ['registry.example.org', 'localhost'])
    t.is(await statusWith(serving.url, ca, { servername }), 200)
  t.is(await statusWith(serving.url, ca), 200)
  await t.throwsAsync(statusWith(serving.url, ca, { servername: 'other.example.org' }), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  const { certificate } = await shown(serving.url)
  t.is(certificate.checkIP('10.1.2.3'), '10.1.2.3')
  t.is(statSync(at('')).mode & 0o777, 0o700)
  for (const name of ['ca.key', 'server.key']) t.is(statSync(at(name)).mode & 0o777, 0o600, name)
  t.is(await serving.stop(), 0)

  const same = await startServing(t, args)
  t.is((await shown(same.url)).certificate.fingerprint256, certificate.fingerprint256, 'the certificate is kept')
  await same.stop()
  const more = await startServing(t, [...args, '--tls-name', 'new.example.org'])
  t.is(await statusWith(more.url, ca, { servername: 'new.example.org' }), 200, 'the CA is kept')
  t.not((await shown(more.url)).certificate.fingerprint256, certificate.fingerprint256)
})

test('a certificate that ends soon is renewed at the start; a CA whose key is lost is not made anew', async (t) => {
  const root = temporaryFolder(t)
  const tls = join(root, 'registry/tls')
  mkdirSync(tls, { recursive: true })
  const from = new Date(Date.now() - 80 * day)
  const authority = createAuthority({ commonName: 'old', from, until: new Date(Date.now() + 900 * day) })
  const old = createServerCertificate(authority, {
    commonName: 'x',
    names: ['localhost'],
    from,
    until: new Date(Date.now() + 10 * day),
  })
  writeFileSync(join(tls, 'ca.crt'), authority.certificate)
  writeFileSync(join(tls, 'ca.key'), authority.key)
  writeFileSync(join(tls, 'server.crt'), old.certificate)
  writeFileSync(join(tls, 'server.key'), old.key)
  const serving = await startServing(t, ['--root', root, ...anyPort, '--tls', 'auto'])
  const { certificate } = await shown(serving.url)
  t.true(certificate.validToDate.getTime() > Date.now() + 80 * day)
  t.is(await statusWith(serving.url, authority.certificate), 200)
  await serving.stop()
  writeFileSync(join(tls, 'ca.key'), old.key)
  const error = await t.throwsAsync(startServing(t, ['--root', root, ...anyPort, '--tls', 'auto']))
  t.regex(error?.message ?? '', /ca\.key is not the key of .*ca\.crt \[TLS_INVALID\]/)
})

test('a certificate that is over its time is served, with a warning', async (t) => {
  const folder = temporaryFolder(t)
  const at = (name: string): string => join(folder, name)
  const times = { from: new Date(Date.now() - 9 * day), until: new Date(Date.now() - day) }
  const made = createServerCertificate(createAuthority({ commonName: 'ca', ...times }), {
    commonName: 'localhost',
    names: ['localhost'],
    ...times,
  })
  writeFileSync(at('c.pem'), made.certificate)
  writeFileSync(at('k.pem'), made.key)
  const args = ['--root', at('root'), ...anyPort, '--tls-cert', at('c.pem'), '--tls-key', at('k.pem')]
  const serving = await startServing(t, args)
  await t.notThrowsAsync(serving.logged(/"level":"warn".*over its time/))
})

test('old TLS is not spoken, and the protocol is HTTP/1.1', async (t) => {
  const serving = await startServing(t, ['--root', temporaryFolder(t), ...anyPort, '--tls', 'auto'])
  await t.throwsAsync(
    shown(serving.url, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
  )
  const { socket } = await shown(serving.url, { ALPNProtocols: ['h2', 'http/1.1'] })
  t.is(socket.alpnProtocol, 'http/1.1')
  t.is((await shown(serving.url, { maxVersion: 'TLSv1.2' })).socket.getProtocol() ?? 'TLSv1.2', 'TLSv1.2')
})

test('files of a certificate are read again when they change, and on SIGHUP; a key of another is not taken', async (t) => {
  const folder = temporaryFolder(t)
  const at = (name: string): string => join(folder, name)
  const times = { from: new Date(Date.now() - day), until: new Date(Date.now() + 60 * day) }
  const authority = createAuthority({ commonName: 'ca', ...times })
  const make = (): ReturnType<typeof createServerCertificate> =>
    createServerCertificate(authority, { commonName: 'localhost', names: ['localhost', '127.0.0.1'], ...times })
  const [first, second, third] = [make(), make(), make()]
  const put = (name: string, content: string): void => {
    writeFileSync(at(`${name}.new`), content)
    renameSync(at(`${name}.new`), at(name))
  }
  put('c.pem', first.certificate)
  put('k.pem', first.key)
  const args = ['--root', at('root'), ...anyPort, '--tls-cert', at('c.pem'), '--tls-key', at('k.pem')]
  const serving = await startServing(t, args)
  const serial = async (): Promise<string> => (await shown(serving.url)).certificate.serialNumber
  const serialOf = ({ certificate }: { certificate: string }): string => new X509Certificate(certificate).serialNumber
  t.is(await serial(), serialOf(first))

  put('c.pem', second.certificate) // and the key of the first: a renewal in the midst
  await serving.logged(/is not the key of.*stays as it was/)
  t.is(await serial(), serialOf(first))
  put('k.pem', second.key)
  await serving.logged(/the certificate was read again/)
  t.is(await serial(), serialOf(second))

  copyFileSync(at('c.pem'), at('keep.pem'))
  put('c.pem', third.certificate)
  put('k.pem', third.key)
  serving.kill('SIGHUP')
  await serving.logged(/the configuration was read again/)
  t.is(await serial(), serialOf(third))
  t.is(await statusWith(serving.url, authority.certificate), 200)
  t.notRegex(serving.stderr(), /PRIVATE KEY/)
})

needs(test, 'openssl')('with CAs for clients only those with a certificate of one are served', async (t) => {
  const folder = temporaryFolder(t)
  const at = (name: string): string => join(folder, name)
  const make = async (name: string): Promise<{ cert: string; key: string }> => {
    const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    await runOk('openssl', ['req', '-x509', ...kind, '-subj', '/CN=client', ...files])
    return { cert: readFileSync(at(`${name}.pem`), 'utf8'), key: readFileSync(at(`${name}.key`), 'utf8') }
  }
  const [client, other] = [await make('client'), await make('other')]
  writeFileSync(at('r.yml'), 'listen: 127.0.0.1:0\ntls: { mode: auto, clientCA: client.pem }\n')
  const serving = await startServing(t, ['--root', at('root'), '--config', at('r.yml')])
  const ca = readFileSync(at('root/registry/tls/ca.crt'), 'utf8')
  await t.throwsAsync(statusWith(serving.url, ca))
  await t.throwsAsync(statusWith(serving.url, ca, other))
  t.is(await statusWith(serving.url, ca, client), 200)
})
