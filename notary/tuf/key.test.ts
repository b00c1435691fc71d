import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import test from 'ava'
import type { JsonObject } from '../../shared/base/json.ts'
import { certificateProblem, commonNameOf, isNameFor, leafOf, readCertificates, subjectText } from './certificate.ts'
import { parseGun } from './gun.ts'
import { keyFromCertificate, keyFromSpki, keyJson, parseKeyID, publicKey, readKey } from './key.ts'
import { certified, newCertificate, newKey } from './testing/keys.ts'
import type { PublicKey } from './types.ts'

/** Of a collection that the stock client made; the IDs are its own. */
const stock: readonly JsonObject[] = [
  { keytype: 'ed25519', keyval: { private: null, public: 'RMrL8ZelgNguF3B7wFP7soMibAbrmcQoaA/134eBEuw=' } },
]

test('the ID of a key is what the stock client computes', (t) => {
  for (const json of stock) t.regex(readKey(json).id, /^1d1d48f5/)
})

const gun = parseGun('localhost:5000/team/app')
const types = ['ecdsa', 'ecdsa-x509', 'rsa', 'rsa-x509', 'ed25519'] as const
for (const type of types) {
  test(`a key of type ${type} is written and read`, (t) => {
    const { key } = newKey(type, { commonName: gun })
    const read = readKey(keyJson(key))
    t.is(read.id, key.id)
    t.is(read.type, type)
    t.is(read.type && read.canonicalID, key.canonicalID)
    t.is(key.id === key.canonicalID, !type.endsWith('x509'))
  })
}

for (const type of ['ecdsa', 'rsa'] as const) {
  test(`a key of type ${type} counts as one in each of its certificates`, (t) => {
    const plain = newKey(type)
    const one = certified(plain, { commonName: gun })
    const other = certified(plain, { commonName: 'localhost:5000/*' })
    t.is(new Set([plain.key.id, one.key.id, other.key.id]).size, 3)
    t.is(one.key.canonicalID, plain.key.id)
    t.is(other.key.canonicalID, plain.key.id)
    t.is(keyFromSpki(plain.privateKey).id, plain.key.id)
  })
}

test('a point on a curve counts as one however it is written', (t) => {
  const { publicKey: object } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = object.export({ type: 'spki', format: 'der' })
  const parity = (der.at(-1) ?? 0) % 2
  const point = Buffer.concat([Buffer.of(2 + parity), der.subarray(27, 59)])
  const compressed = Buffer.concat([Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'), point])
  const [a, b] = [publicKey('ecdsa', der), publicKey('ecdsa', compressed)]
  t.not(a.id, b.id)
  t.is(a.canonicalID, b.canonicalID)
  t.is(publicKey('ecdsa', Buffer.concat([der, Buffer.of(0)])).canonicalID, a.canonicalID)
})

const spki = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' })
const refused: readonly [string, () => unknown, RegExp][] = [
  ['P-224', () => publicKey('ecdsa', spki(ec('secp224r1'))), /secp224r1 is none of P-256/],
  ['secp256k1', () => publicKey('ecdsa', spki(ec('secp256k1'))), /secp256k1 is none of/],
  ['a weak certificate', () => keyFromCertificate(newCertificate(ec('secp224r1'), { commonName: gun })), /secp224r1/],
  ['RSA of 1024 bits', () => publicKey('rsa', spki(rsa(1024))), /1024 bits are too few/],
  ['RSA said to be ECDSA', () => publicKey('ecdsa', spki(rsa(2048))), /it is one of type rsa/],
  ['31 bytes of Ed25519', () => publicKey('ed25519', Buffer.alloc(31)), /31 bytes, not 32/],
  ['garbage', () => publicKey('ecdsa', Buffer.from('garbage')), /no key of type ecdsa/],
  ['an empty key', () => publicKey('rsa', Buffer.of()), /no key of type rsa/],
  ['no certificate', () => publicKey('ecdsa-x509', Buffer.from('garbage')), /no PEM certificate/],
  ['X25519', () => keyFromSpki(generateKeyPairSync('x25519').publicKey), /type x25519 are not used/],
  ['an ID in upper case', () => parseKeyID('A'.repeat(64)), /not the ID of a key/],
  [
    'eleven certificates',
    () => readCertificates(newCertificate(ec('P-256'), { commonName: gun }).repeat(11)),
    /11 certif/,
  ],
]
for (const [title, make, message] of refused) {
  test(`refused: ${title}`, (t) => {
    t.throws(make, { code: 'KEY_INVALID', message })
  })
}

const good = keyJson(newKey('ed25519').key)
const badJson: readonly [string, JsonObject, RegExp][] = [
  ['null for the type', { ...good, keytype: null }, /keytype: is missing/],
  ['null for the value', { ...good, keyval: null }, /keyval: is missing/],
  ['no public part', { ...good, keyval: { private: null } }, /public: is missing/],
  ['a private part', { ...good, keyval: { private: 'MC4=', public: 'AAAA' } }, /private key has no place/],
  ['hex for base64', { ...good, keyval: { private: null, public: 'xyz' } }, /public: is not base64/],
  [
    'a certificate of RSA said to be one of ECDSA',
    keyJson({ ...rsaX509(), type: 'ecdsa-x509' }),
    /it is one of type rsa/,
  ],
  ['KEYTYPE beside', { ...good, KEYTYPE: 'rsa' }, /"KEYTYPE" is to be written keytype/],
  ['the sign of Kelvin beside', { ...good, '\u212aeytype': 'rsa' }, /is to be written keytype/],
]
for (const [title, json, message] of badJson) {
  test(`no key of metadata: ${title}`, (t) => {
    t.throws(() => readKey(json), { code: 'METADATA_INVALID', message })
  })
}

test('a key of a type that is not known has an ID and nothing else', (t) => {
  const key = readKey({ keytype: 'sphincs', keyval: { private: null, public: 'anything' }, scheme: 'x' })
  t.is(key.type, undefined)
  t.regex(key.id, /^[0-9a-f]{64}$/)
})

test('a certificate is for one collection, or for those whose names begin alike', (t) => {
  t.true(isNameFor(gun, gun))
  t.true(isNameFor('localhost:5000/*', gun))
  t.true(isNameFor('*', gun))
  t.false(isNameFor('localhost:5000/team', gun))
  t.false(isNameFor('localhost:5000/team/app2', gun))
  t.false(isNameFor('localhost:5000/*/app', gun))
})

const now = Date.parse('2030-06-01T00:00:00Z')
const hours = (n: number): Date => new Date(now + n * 3_600_000)
const problems: readonly [string, Parameters<typeof newCertificate>[1], RegExp | undefined][] = [
  ['as it should be', { commonName: gun, from: hours(-1), until: hours(1) }, undefined],
  ['of a clock that is ahead', { commonName: gun, from: hours(23), until: hours(48) }, undefined],
  ['not yet valid', { commonName: gun, from: hours(25), until: hours(48) }, /begins at 2030-06-02T01:00/],
  ['expired', { commonName: gun, from: hours(-2), until: hours(-1) }, /expired at 2030-05-31T23:00/],
  ['of a CA', { commonName: gun, isAuthority: true, from: hours(-1), until: hours(1) }, /one of a CA/],
  [
    'of another collection',
    { commonName: 'other', from: hours(-1), until: hours(1) },
    /is for "other", not for localhost/,
  ],
]
for (const [title, options, message] of problems) {
  test(`a certificate ${title}`, (t) => {
    const leaf = leafOf(newCertificate(ec('P-256'), options))
    t.is(commonNameOf(leaf), options.commonName)
    const problem = certificateProblem(leaf, { gun, now })
    if (message === undefined) t.is(problem, undefined)
    else t.regex(problem ?? '', message)
  })
}

/** Made by `openssl req -x509 -sha1`, from November 2026 for ten years. */
const signedWithSha1 = `-----BEGIN CERTIFICATE-----
MIIBkzCCATugAwIBAgIUdKiBOw/By0AIV9FGi4TwNZV4UI4wCQYHKoZIzj0EATAi
MSAwHgYDVQQDDBdsb2NhbGhvc3Q6NTAwMC90ZWFtL2FwcDAeFw0yNjExMjIxMTE0
MjhaFw0zNjExMTkxMTE0MjhaMCIxIDAeBgNVBAMMF2xvY2FsaG9zdDo1MDAwL3Rl
YW0vYXBwMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2A7sJrjLQNEd3X/40kwG
ePI+EiDa5BMH9BcpvOUYHuXKkCSpJbgCF5OtSPwyn+hcFA/PMjDR4sayto0+NEXh
caNQME4wHQYDVR0OBBYEFJKbVxbeOubtadjz/kQJG82GOTHoMB8GA1UdIwQYMBaA
FJKbVxbeOubtadjz/kQJG82GOTHoMAwGA1UdEwEB/wQCMAAwCQYHKoZIzj0EAQNH
ADBEAiBgX595aix0wW3s6HlWaDdRB2I6HJvt5VYtdue+wLO4/QIgETpgWb/vFfhv
6EqOYYt/685WUxufJUd6AlAHv7BXzx4=
-----END CERTIFICATE-----`

test('a certificate that is signed with SHA-1', (t) => {
  const problem = certificateProblem(leafOf(signedWithSha1), { gun, now })
  t.regex(problem ?? '', /sha1, which is broken/i)
})

function ec(namedCurve: string): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey
}

function rsa(modulusLength: number): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey
}

function rsaX509(): PublicKey {
  return newKey('rsa-x509', { commonName: gun }).key
}

const subjects: readonly [string, string | undefined, string][] = [
  ['localhost:5000/team/app', 'localhost:5000/team/app', 'CN=localhost:5000/team/app'],
  ['a\nCN=localhost:5000/team/app', 'a\\0ACN=localhost:5000/team/app', 'CN=a\\0ACN=localhost:5000/team/app'],
]
for (const [commonName, found, text] of subjects) {
  test(`the common name ${JSON.stringify(commonName)} is one name`, (t) => {
    const leaf = leafOf(newCertificate(ec('P-256'), { commonName }))
    t.is(commonNameOf(leaf), found)
    t.is(subjectText(leaf), text)
  })
}

test('whose name is asked for, TLS can be used afterwards', async (t) => {
  const script = `
    const { commonNameOf, leafOf } = await import(${JSON.stringify(new URL('./certificate.ts', import.meta.url).href)})
    const before = process.moduleLoadList.includes('NativeModule tls')
    commonNameOf(leafOf(process.argv[1]))
    console.log(before, typeof process.getBuiltinModule('node:tls').createSecureContext)`
  const certificate = newCertificate(ec('P-256'), { commonName: gun })
  const args = ['--input-type=module', '-e', script, '--', certificate]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  t.is(stdout, 'false function\n')
})
