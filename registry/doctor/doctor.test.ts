import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { createAuthority, createServerCertificate } from '../../shared/net/certificates.ts'
import { configOf, settingsOf } from '../server/config/read.ts'
import { checkClock, checkPeerClock } from './check-clock.ts'
import { checkDisk } from './check-disk.ts'
import { checkPeer } from './check-peer.ts'
import { checkFileLimit, checkPort } from './check-process.ts'
import { checkChain, checkTls } from './check-tls.ts'
import type { Check } from './types.ts'

const day = 86_400_000
const now = Date.UTC(2026, 6)

const statuses = (checks: readonly Check[]): Record<string, string> =>
  Object.fromEntries(checks.map(({ name, status }) => [name, status]))

test('the clock: its year, jumps, and that of a peer', (t) => {
  const at = (wall: number, steady = 0): { wall: number; steady: number } => ({ wall, steady })
  t.is(checkClock(at(now), at(now + 500, 500)).status, 'ok')
  t.is(checkClock(at(0), at(500, 500)).status, 'fail')
  t.regex(checkClock(at(0), at(500, 500)).message, /1970/)
  t.is(checkClock(at(now), at(Date.UTC(2150, 0))).status, 'fail')
  t.regex(checkClock(at(now), at(now + 60_000, 500)).message, /jumped by 60 s/)
  t.is(checkClock(at(now), at(now - 5000, 500)).status, 'warn')
  const date = (shift: number): string => new Date(now + shift).toUTCString()
  t.is(checkPeerClock(date(0), now).status, 'ok')
  t.is(checkPeerClock(date(-60_000), now).status, 'warn')
  t.regex(checkPeerClock(date(-60_000), now).message, /60 s behind/)
  t.is(checkPeerClock(date(3_600_000), now).status, 'fail')
  t.is(checkPeerClock(undefined, now).status, 'skip')
  t.is(checkPeerClock('yesterday', now).status, 'skip')
})

test('where nobody listens it is said what to look at', async (t) => {
  const [check] = await checkPeer(new URL('http://127.0.0.1:1'), false)
  t.like(check, { name: 'registry', status: 'fail' })
  t.regex(check?.mend ?? '', /^Let the server run/)
})

const authority = createAuthority({
  commonName: 'test CA',
  from: new Date(now - day),
  until: new Date(now + 1000 * day),
})
const made = (from: number, until: number): ReturnType<typeof createServerCertificate> =>
  createServerCertificate(authority, {
    commonName: 'registry.test',
    names: ['registry.test', '10.0.0.1'],
    from: new Date(now + from * day),
    until: new Date(now + until * day),
  })
const chain = (...pems: string[]): X509Certificate[] => pems.map((pem) => new X509Certificate(pem))

test('certificates: their time, order, and names', (t) => {
  const good = made(-1, 90).certificate
  const look = (pems: string[], host = 'registry.test'): Record<string, string> =>
    statuses(checkChain(chain(...pems), { host, now }))
  t.deepEqual(look([good, authority.certificate]), {
    'TLS: time': 'ok',
    'TLS: time of the certificate above (1)': 'ok',
    'TLS: chain': 'warn',
    'TLS: name': 'ok',
  })
  t.like(look([made(-90, -1).certificate]), { 'TLS: time': 'fail' })
  t.like(look([made(2, 90).certificate]), { 'TLS: time': 'fail' })
  t.like(look([made(-1, 10).certificate]), { 'TLS: time': 'warn' })
  t.like(look([good, made(-1, 90).certificate]), { 'TLS: chain': 'fail' }, 'one that did not sign it')
  t.like(look([authority.certificate, good]), { 'TLS: chain': 'fail' }, 'the wrong way round')
  t.like(look([good], 'other.test'), { 'TLS: name': 'fail' })
  t.like(look([good], '10.0.0.1'), { 'TLS: name': 'ok' })
  t.like(look([good], '10.0.0.2'), { 'TLS: name': 'fail' })
  t.like(look([rootCertificates[0] ?? '']), { 'TLS: chain': 'ok' })
  t.deepEqual(look([]), { TLS: 'fail' })
})

test('the certificate of a configuration', async (t) => {
  const root = temporaryFolder(t)
  const [pair, other] = [made(-1, 90), made(-1, 90)]
  const [certificate, key, wrong] = ['crt', 'key', 'wrong'].map((name) => join(root, name)) as [string, string, string]
  writeFileSync(certificate, pair.certificate)
  writeFileSync(key, pair.key, { mode: 0o600 })
  writeFileSync(wrong, other.key, { mode: 0o644 })
  const look = async (tls: object, listen = '127.0.0.1:5000'): Promise<Record<string, string>> =>
    statuses(await checkTls(configOf([settingsOf({ tls, listen }, 'test')]), { root, now }))
  t.like(await look({ mode: 'files', certificate, key }), { 'TLS: certificate and key': 'ok', 'TLS: key file': 'ok' })
  t.deepEqual(await look({ mode: 'files', certificate, key: wrong }), { 'TLS: certificate and key': 'fail' })
  t.deepEqual(await look({ mode: 'files', certificate: `${certificate}x`, key }), {
    'TLS: certificate and key': 'fail',
  })
  chmodSync(key, 0o644)
  t.like(await look({ mode: 'files', certificate, key }), { 'TLS: key file': 'warn' })
  t.deepEqual(await look({ mode: 'off' }), { TLS: 'ok' })
  t.deepEqual(await look({ mode: 'off' }, ':5000'), { TLS: 'warn' })
  t.deepEqual(await look({ mode: 'auto' }), { TLS: 'ok' })
})

test('a folder that is there, one to come, and what is none; nothing is left', async (t) => {
  const root = join(temporaryFolder(t), 'a/b')
  const all = statuses(await checkDisk(root, 0))
  t.deepEqual(Object.keys(all).length, 10)
  t.false(Object.values(all).includes('fail'), JSON.stringify(all))
  mkdirSync(join(root, 'registry'), { recursive: true, mode: 0o755 })
  t.like(statuses(await checkDisk(root, 0)), { folder: 'warn' })
  t.deepEqual(readdirSync(join(root, 'registry')), [])
  t.like(statuses(await checkDisk(root, 2 ** 52)), { space: 'fail' })
  const file = join(root, 'file')
  writeFileSync(file, '')
  t.deepEqual(statuses(await checkDisk(file, 0)), { folder: 'fail' })
  t.like(statuses(await checkDisk('/proc/none', 0)), { 'folder: write': 'fail' })
})

test('an address that is free, taken, or ours, and one of another machine', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  t.like(await checkPort(`127.0.0.1:${port}`, undefined), {
    status: 'fail',
    message: `cannot listen on 127.0.0.1:${port} (EADDRINUSE)`,
  })
  t.is((await checkPort(`127.0.0.1:${port}`, `http://127.0.0.1:${port}`)).status, 'ok')
  t.is((await checkPort('127.0.0.1:0', undefined)).status, 'ok')
  t.regex((await checkPort('192.0.2.1:5000', undefined)).message, /EADDRNOTAVAIL/)
  t.is((await checkPort('no.such.name.invalid:5000', undefined)).status, 'fail')
})

test('the limit of open files is held against connections', async (t) => {
  t.is((await checkFileLimit(0, undefined)).status, 'ok')
  t.is((await checkFileLimit(2 ** 40, process.pid)).status, 'warn')
  t.is((await checkFileLimit(0, 2 ** 30)).status, 'fail', 'of a process that is gone')
})
