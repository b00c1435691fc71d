import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import test from 'ava'
import { ecdsaDer } from './ecdsa-signature.ts'

for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
  test(`signatures of ${namedCurve} are the same in DER`, (t) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
    for (let i = 0; i < 20; i++) {
      const message = randomBytes(20)
      const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      const der = ecdsaDer(publicKey, signature) ?? Buffer.of()
      t.true(verify('sha256', message, publicKey, der), signature.toString('hex'))
      t.false(verify('sha256', randomBytes(20), publicKey, der))
    }
  })

  test(`a signature of another length is none of ${namedCurve}`, (t) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
    const signature = sign('sha256', Buffer.of(), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    for (const other of [Buffer.of(), signature.subarray(1), Buffer.concat([Buffer.of(0), signature, Buffer.of(0)])]) {
      t.is(ecdsaDer(publicKey, other), undefined)
    }
  })
}

test('numbers have no zeros before them but one before the highest bit', (t) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = (...numbers: readonly [first: string, second: string]): string | undefined =>
    ecdsaDer(publicKey, Buffer.from(numbers.map((hex) => hex.padStart(64, '0')).join(''), 'hex'))?.toString('hex')
  t.is(der('00', '7f'), '300602010002017f')
  t.is(der('80', '0100'), '30080202008002020100')
  t.is(der('ff'.repeat(32), '01'), `3026022100${'ff'.repeat(32)}020101`)
})

test('a key of no curve has no ECDSA signatures', (t) => {
  t.is(ecdsaDer(generateKeyPairSync('ed25519').publicKey, Buffer.alloc(64, 1)), undefined)
})
