import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { writePem } from '../../shared/crypto/pem.ts'
import { parseGun } from '../tuf/gun.ts'
import { newPrivateKey } from './key-ring.ts'
import { readPublicKey, writePublicKey } from './public-key-file.ts'
import { rootCertificate } from './root-certificate.ts'
import { signingKey } from './signing-key.ts'
import { stockFile, stockIDs } from './testing/stock-keys.ts'

test('what docker wrote is read, and written again to the byte', (t) => {
  const { key, role } = readPublicKey(stockFile('bob.pub'))
  t.is(role, 'bob')
  t.is(key.type, 'ecdsa')
  t.like(key, { id: stockIDs['bob.key'] })
  t.is(writePublicKey(key, 'bob'), stockFile('bob.pub'))
})

for (const type of ['ecdsa', 'ed25519', 'rsa'] as const) {
  test(`a public key of type ${type} is read again`, (t) => {
    const { key } = signingKey(newPrivateKey(type))
    t.like(readPublicKey(writePublicKey(key, 'a')), { role: 'a', key: { id: key.id, type } })
    const plain = key.object.export({ type: 'spki', format: 'pem' }).toString()
    t.like(readPublicKey(plain), { role: undefined, key: { id: key.id } })
  })
}

test('a certificate is the key that it is for, in the form of a certificate', (t) => {
  const key = rootCertificate(newPrivateKey('ecdsa'), parseGun('host/app'), Date.now())
  t.like(readPublicKey(key.bytes.toString()), { role: undefined, key: { id: key.id, type: 'ecdsa-x509' } })
})

const weak = generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey
const refused: readonly [title: string, text: string, message: RegExp][] = [
  ['nothing', '', /no PEM/],
  ['a private key', stockFile('bob.key'), /holds: encrypted private key/],
  ['bytes that are no key', writePem('PUBLIC KEY', Buffer.from('hello')), /no key/],
  ['a certificate that is none', writePem('CERTIFICATE', Buffer.from('hello')), /certificate/],
  ['a weak key', weak.export({ type: 'spki', format: 'pem' }).toString(), /secp224r1/],
  ['too much', 'x'.repeat(64 * 1024 + 1), /too large/],
]
for (const [title, text, message] of refused) {
  test(`no public key: ${title}`, (t) => {
    t.throws(() => readPublicKey(text), { code: 'KEY_INVALID', message })
  })
}
