import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { standIn, testAuthority } from '../testing/stand-in.ts'
import { authoritiesIn, certificatesIn, readAuthorities } from './authorities.ts'
import { createHttpClient } from './client.ts'
import { HttpFailure } from './failure.ts'

test('certificates of a file and of folders are trusted beside those of Node, each once', async (t) => {
  const folder = temporaryFolder(t)
  const [one, two] = [testAuthority().ca, testAuthority().ca]
  mkdirSync(join(folder, 'certs'))
  writeFileSync(join(folder, 'one.pem'), `subject: one\n${one}`)
  writeFileSync(join(folder, 'certs/1.pem'), one.replaceAll('\n', '\r\n'))
  writeFileSync(join(folder, 'certs/2.pem'), two)
  const read = await readAuthorities({ file: join(folder, 'one.pem'), folders: `${folder}/none:${folder}/certs` })
  t.is(read[0], certificatesIn(one)[0])
  t.is(read.filter((each) => certificatesIn(one + two).includes(each)).length, 2)
  t.true(read.length > 20)
})

test('a file that is named must be there', async (t) => {
  await t.throwsAsync(readAuthorities({ file: '/no/such/file' }), { code: 'ENOENT' })
})

test('the environment names them', (t) => {
  t.deepEqual(authoritiesIn({ SSL_CERT_FILE: '/a', SSL_CERT_DIR: '' }), { file: '/a', folders: undefined })
})

const broken = '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n'

test('one certificate of many that is none takes no trust from the others', async (t) => {
  const folder = temporaryFolder(t)
  const authority = testAuthority()
  writeFileSync(join(folder, 'all.pem'), `${broken}${authority.ca}`)
  const { host } = await standIn(t, (_, response) => response.end(), { tls: authority.issue('127.0.0.1') })
  const http = createHttpClient({ userAgent: 'test/1', authorities: { file: join(folder, 'all.pem') } })
  t.teardown(() => http.close())
  t.is((await http.send({ method: 'GET', url: new URL(`https://${host}/`) })).status, 200)
})

for (const [title, options, pattern] of [
  ['a file that is not there', { authorities: { file: '/no/such' } }, /the certificates in \/no\/such cannot be read/],
  [
    'a key that is none',
    { tls: () => Promise.resolve({ isVerified: false, ca: [], identity: { certificate: broken, key: 'x' } }) },
    /cannot be used/,
  ],
] as const) {
  test(`told: ${title}`, async (t) => {
    const http = createHttpClient({ userAgent: 'test/1', ...options })
    t.teardown(() => http.close())
    const error = await t.throwsAsync(http.send({ method: 'GET', url: new URL('https://127.0.0.1:1/') }), {
      instanceOf: HttpFailure,
    })
    t.is(error.kind, 'tls')
    t.regex(error.message, pattern)
  })
}
