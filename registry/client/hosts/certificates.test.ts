import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { readHostCertificates } from '../../../shared/net/host-certificates.ts'
import { standIn, testAuthority } from '../../../shared/net/testing/stand-in.ts'
import { failsWith, testClient } from '../testing/client.ts'

function folderWith(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(t)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const authority = testAuthority()
const mine = authority.issue('me')

test('every .crt of the folder of a host is an authority, .cert and .key are who we are', async (t) => {
  const folder = folderWith(t, {
    'a.test:5000/ca.crt': authority.ca,
    'a.test:5000/other.crt': `${authority.ca}${testAuthority().ca}`,
    'a.test:5000/client.cert': mine.certificate,
    'a.test:5000/client.key': mine.key,
    'a.test:5000/README': 'x',
  })
  const { ca, identity } = await readHostCertificates(['/no/such', folder], 'a.test:5000')
  t.is(ca.length, 3)
  t.deepEqual(identity, mine)
})

test('a folder without the port counts when there is none with it', async (t) => {
  const folder = folderWith(t, { 'a.test/ca.crt': authority.ca, 'b.test/ca.crt': authority.ca, 'b.test:1/note': '' })
  t.is((await readHostCertificates([folder], 'a.test:5000')).ca.length, 1)
  t.is((await readHostCertificates([folder], 'b.test:1')).ca.length, 0)
  t.deepEqual(await readHostCertificates([folder], 'c.test'), { ca: [], identity: undefined })
})

test('a certificate without its key, and a file that has none, are errors', async (t) => {
  const folder = folderWith(t, {
    'a/x.cert': mine.certificate,
    'b/ca.crt': 'nothing',
    'c/ca.crt': authority.ca.replace(/^MII/m, 'MIX'),
  })
  await failsWith(t, 'REGISTRIES_INVALID', readHostCertificates([folder], 'a'))
  await failsWith(t, 'REGISTRIES_INVALID', readHostCertificates([folder], 'b'))
  await failsWith(t, 'REGISTRIES_INVALID', readHostCertificates([folder], 'c'))
})

test('a registry with a CA of its own is trusted by that folder, or by the settings, and else told what to do', async (t) => {
  const { host } = await standIn(t, (_, response) => response.end(), { tls: authority.issue('127.0.0.1') })
  const verified = { hosts: new Map([[host, { isInsecure: false }]]), insecureNetworks: [], isAllInsecure: false }
  const folder = folderWith(t, { [`${host}/ca.crt`]: authority.ca })
  await t.notThrowsAsync(testClient(t, { hosts: verified, certificateFolders: [folder] }).ping(host))
  const byFile = { ...verified, hosts: new Map([[host, { isInsecure: false, caFile: join(folder, host, 'ca.crt') }]]) }
  await t.notThrowsAsync(testClient(t, { hosts: byFile }).ping(host))
  const error = await failsWith(t, 'REGISTRY_UNREACHABLE', testClient(t, { hosts: verified }).ping(host))
  t.regex(error.message, /authority that is not trusted/)
  t.true(error.hint?.includes(`/etc/docker/certs.d/${host}/ca.crt`), error.hint)
  const missing = { ...verified, hosts: new Map([[host, { isInsecure: false, caFile: '/no/such/file' }]]) }
  await failsWith(t, 'REGISTRIES_INVALID', testClient(t, { hosts: missing }).ping(host))
})

test('on this machine TLS is found without being told, any certificate will do', async (t) => {
  const { host } = await standIn(t, (_, response) => response.end(), { tls: authority.issue('other.test') })
  await t.notThrowsAsync(testClient(t).ping(host))
})

test('an insecure host without TLS is spoken to by http, a secure one is not', async (t) => {
  const { host } = await standIn(t, (_, response) => response.end())
  const hosts = (isInsecure: boolean) => ({
    hosts: new Map([[host, { isInsecure }]]),
    insecureNetworks: [],
    isAllInsecure: false,
  })
  await t.notThrowsAsync(testClient(t, { hosts: hosts(true) }).ping(host))
  const error = await failsWith(t, 'REGISTRY_UNREACHABLE', testClient(t, { hosts: hosts(false) }).ping(host))
  t.regex(error.message, /for http, not https/)
  t.regex(error.hint ?? '', /--tls-verify=false/)
})
