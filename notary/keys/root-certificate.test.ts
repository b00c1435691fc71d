import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { certificateProblem, commonNameOf } from '../tuf/certificate.ts'
import { parseGun } from '../tuf/gun.ts'
import { isSignatureOf } from '../tuf/verify.ts'
import { newPrivateKey } from './key-ring.ts'
import { rootCertificate } from './root-certificate.ts'
import { signingKey } from './signing-key.ts'

const gun = parseGun('localhost:5000/team/app')
const now = Date.parse('2026-11-22T10:00:00Z')

for (const type of ['ecdsa', 'rsa'] as const) {
  test(`a root key of type ${type} has a certificate for its collection`, async (t) => {
    const privateKey = newPrivateKey(type)
    const key = rootCertificate(privateKey, gun, now)
    t.is(key.type, `${type}-x509`)
    const certificate = new X509Certificate(key.bytes)
    t.is(commonNameOf(certificate), gun)
    t.is(certificateProblem(certificate, { gun, now }), undefined)
    t.false(certificate.ca)
    t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.3'])
    t.true(certificate.verify(certificate.publicKey))
    t.is(certificate.validFromDate.toISOString(), '2026-11-22T10:00:00.000Z')
    t.is(certificate.validToDate.toISOString(), '2036-11-22T10:00:00.000Z')
    const message = Buffer.from('a root')
    const signer = signingKey(privateKey, key)
    t.is(signer.key, key)
    t.is(key.canonicalID, signingKey(privateKey).key.canonicalID)
    t.true(isSignatureOf(key, message, await signer.sign(message)))
  })
}

test('two certificates of a key are two keys by their own IDs, and one by the canonical', (t) => {
  const privateKey = newPrivateKey('ecdsa')
  const [a, b] = [rootCertificate(privateKey, gun, now), rootCertificate(privateKey, gun, now)]
  t.not(a.id, b.id)
  t.is(a.canonicalID, b.canonicalID)
})

test('roots have no Ed25519 keys', (t) => {
  t.throws(() => rootCertificate(newPrivateKey('ed25519'), gun, now), { message: /ed25519/ })
})
