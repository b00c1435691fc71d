import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { testAuthority } from '../../../e2e/testing/stand-in.ts'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { authoritiesIn, certificatesIn, readAuthorities } from './authorities.ts'

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
