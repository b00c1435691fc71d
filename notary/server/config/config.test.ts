import test from 'ava'
import { aloneReader, besideReader, passphraseVariable } from './read.ts'
import { aloneSchema, type NotaryConfig } from './schema.ts'

const config = (object: object): NotaryConfig => besideReader.configOf([besideReader.settingsOf(object, 'c.yml')])

test('nothing said is what the documentation says', (t) => {
  const made = config({})
  t.is(made.listen, '127.0.0.1:4443')
  t.is(made.tls.mode, 'auto')
  t.is(made.expiry.timestamp, 14 * 86_400_000)
})

test('what is printed is read again as the same', (t) => {
  const made = aloneReader.configOf([
    aloneReader.settingsOf(
      { listen: ':1', cache: { current: 0 }, log: { level: 'debug' }, headers: { A: 'b' } },
      'c.yml',
    ),
  ])
  t.deepEqual(aloneReader.configOf([aloneReader.settingsOf(aloneReader.plain(made), 'c.yml')]), made)
})

for (const [object, problem] of [
  [{ lsten: ':1' }, /^c\.yml: notary\.lsten: there is no such key; did you mean listen\?$/],
  [{ root: '/x' }, /notary\.root: there is no such key/],
  [{ tls: { mode: 'file' } }, /notary\.tls\.mode: expected one of auto, files, off/],
  [{ tls: { mode: 'files' } }, /tls\.certificate: is missing.*\n.*tls\.key: is missing/],
  [{ tls: { certificate: 'x' } }, /tls\.certificate: is used with tls\.mode files only/],
  [{ signer: { keyFile: 'a', passphraseFile: 'b' } }, /signer\.passphraseFile/],
  [{ signer: { mode: 'remote', address: 'x:1', ca: 'a', certificate: 'b' } }, /^signer\.key: is missing/],
  [
    { signer: { mode: 'remote', address: 'x:1', ca: 'a', certificate: 'b', key: 'c', keyFile: 'd' } },
    /signer\.keyFile/,
  ],
  [{ signer: { address: 'x:1' } }, /signer\.address: is used with signer\.mode remote only/],
  [{ expiry: { timestamp: '1m' } }, /expiry\.timestamp: an hour is the least/],
  [{ trustedProxies: ['0.0.0.0/0'] }, /trustedProxies: 0\.0\.0\.0\/0 is everybody/],
  [{ limits: { uploadSize: '2GiB' } }, /limits\.uploadMemory: is less/],
  [{ metrics: { enabled: false, listen: ':1' } }, /metrics\.listen/],
] as const) {
  test(`${JSON.stringify(object)} is no configuration`, (t) => {
    t.throws(() => config(object), { code: 'SERVER_CONFIG_INVALID', message: problem })
  })
}

test('each key of one that runs alone can be set by a variable, and the passphrase is none of them', (t) => {
  const { settings, problems } = aloneReader.settingsOfEnvironment({
    IBUILD_NOTARY_LIMITS_UPLOAD_SIZE: '1MiB',
    IBUILD_NOTARY_TLS_NAMES: 'a,b',
    IBUILD_NOTARY_LISTN: ':1',
    [passphraseVariable]: 'secret',
  })
  t.deepEqual([...settings.keys()], ['limits.uploadSize', 'tls.names'])
  t.deepEqual(problems, ['IBUILD_NOTARY_LISTN: there is no such variable; did you mean IBUILD_NOTARY_LISTEN?'])
  t.false(JSON.stringify(aloneReader.plain(aloneReader.configOf([]))).includes('secret'))
  t.true(aloneSchema.keys.every(({ path }) => !path.includes('assphrase') || path === 'signer.passphraseFile'))
})
