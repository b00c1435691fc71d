import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { isIbuildError } from '../../shared/base/errors.ts'
import { encode, integer, octets, oid, sequence } from '../../shared/crypto/asn1.ts'
import { readPem, writePem } from '../../shared/crypto/pem.ts'
import { exportedFile, openKeyFile, readKeyFiles, writeKeyFile } from './key-file.ts'
import { newPrivateKey } from './key-ring.ts'
import { isLockedKey } from './pbes2.ts'
import { writePkcs8 } from './pkcs8.ts'
import { signingKey } from './signing-key.ts'
import { stockFile, stockIDs, stockPassphrase } from './testing/stock-keys.ts'

const use = { role: 'targets', gun: 'localhost:5000/app' }
const idOf = (key: KeyObject | undefined): string | undefined =>
  key === undefined ? undefined : signingKey(key).key.canonicalID

const open = async (text: string, passphrase?: string): Promise<KeyObject | undefined> => {
  const [file] = readKeyFiles(text)
  return file === undefined ? undefined : openKeyFile(file, passphrase)
}

for (const name of ['root.key', 'releases.key', 'bob.key'] as const) {
  test(`what stock clients wrote is read: ${name}`, async (t) => {
    const text = stockFile(name)
    const [file] = readKeyFiles(text)
    const role = { 'root.key': 'root', 'releases.key': 'targets/releases', 'bob.key': 'bob' }[name]
    t.like(file, { role, gun: undefined, id: undefined, isEncrypted: true })
    t.is(idOf(await open(text, stockPassphrase)), stockIDs[name])
    t.is(await open(text, 'wrong'), undefined)
  })
}

for (const type of ['ecdsa', 'ed25519', 'rsa'] as const) {
  test(`a key of type ${type} is read again with its passphrase alone`, async (t) => {
    const key = newPrivateKey(type)
    const text = await writeKeyFile(key, use, 'pass phräse')
    t.like(readKeyFiles(text)[0], { ...use, isEncrypted: true, id: undefined })
    t.true((await open(text, 'pass phräse'))?.equals(key))
    for (const wrong of ['', 'pass', 'pass phräse ']) t.is(await open(text, wrong), undefined)
    const [file] = readKeyFiles(text)
    if (file === undefined) return t.fail()
    const exported = exportedFile(file, signingKey(key).key.canonicalID)
    t.like(readKeyFiles(exported)[0], { ...use, id: idOf(key) })
    t.true((await open(exported, 'pass phräse'))?.equals(key))
  })
}

test('the headers come in the order and the form of the stock clients, and iterations are many', async (t) => {
  const text = await writeKeyFile(newPrivateKey('ecdsa'), use, 'secret')
  t.deepEqual(text.split('\n').slice(0, 4), [
    '-----BEGIN ENCRYPTED PRIVATE KEY-----',
    'gun: localhost:5000/app',
    'role: targets',
    '',
  ])
  t.true(readPem(text)[0]?.bytes.toString('hex').includes('02030186a0'), '100 000 as an integer')
})

const ec = newPrivateKey('ecdsa')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed = newPrivateKey('ed25519')
const lockedBy = (type: 'pkcs8' | 'sec1', cipher: string): string =>
  ec.export({ type, format: 'pem', cipher, passphrase: 'secret' }).toString()
const withHeader = (text: string): string => text.replace(/(DEK-Info: .*\n)/, '$1role: root\n')
const others: readonly [title: string, text: string, key: KeyObject][] = [
  ['PKCS#8', ec.export({ type: 'pkcs8', format: 'pem' }).toString(), ec],
  ['PKCS#8 of RSA', rsa.export({ type: 'pkcs8', format: 'pem' }).toString(), rsa],
  ['PKCS#8 of Ed25519 (RFC 8410)', ed.export({ type: 'pkcs8', format: 'pem' }).toString(), ed],
  ['PKCS#8 of Ed25519 as Docker has it', writePem('PRIVATE KEY', writePkcs8(ed)), ed],
  ['Ed25519 of the oldest clients', writePem('ED25519 PRIVATE KEY', writePkcs8(ed).subarray(-96)), ed],
  ['SEC 1', ec.export({ type: 'sec1', format: 'pem' }).toString(), ec],
  ['PKCS#1', rsa.export({ type: 'pkcs1', format: 'pem' }).toString(), rsa],
  ['PKCS#8 locked by OpenSSL with SHA-256', lockedBy('pkcs8', 'aes-256-cbc'), ec],
  ['PKCS#8 locked with AES-128', lockedBy('pkcs8', 'aes-128-cbc'), ec],
  ['SEC 1 locked by its headers', withHeader(lockedBy('sec1', 'aes-256-cbc')), ec],
]
for (const [title, text, key] of others) {
  test(`what others write is read: ${title}`, async (t) => {
    t.true((await open(text, 'secret'))?.equals(key))
    const [file] = readKeyFiles(text)
    t.is(file?.isEncrypted, /ENCRYPTED/.test(text))
    if (file?.isEncrypted === true) t.is(await openKeyFile(file, 'wrong'), undefined)
    if (file === undefined) return
    const exported = exportedFile(file, signingKey(key).key.canonicalID)
    t.true((await open(exported, 'secret'))?.equals(key), 'also when it was exported')
  })
}

test('a key that is locked in another way, or is none, is told', async (t) => {
  const scrypted = lockedBy('pkcs8', 'des-ede3-cbc')
  await t.throwsAsync(open(scrypted, 'secret'), { code: 'KEY_INVALID', message: /not known; openssl pkcs8/ })
  await t.throwsAsync(open(writePem('PRIVATE KEY', Buffer.from('hello'))), { code: 'KEY_INVALID' })
  const swapped = Buffer.from(writePkcs8(ed))
  swapped.writeUInt8((swapped.at(-1) ?? 0) ^ 1, swapped.length - 1)
  await t.throwsAsync(open(writePem('PRIVATE KEY', swapped)), { code: 'KEY_INVALID' }, 'another public key')
  t.deepEqual(readKeyFiles(writePem('CERTIFICATE', Buffer.from('hello'))), [])
  t.deepEqual(readKeyFiles('x'.repeat(256 * 1024 + 1)), [])
})

test('what a header says breaks out of no line', (t) => {
  const text = (role: string): string => writePem('PRIVATE KEY', Buffer.from('x'), [['role', role]])
  t.is(readKeyFiles(text('targets/a'))[0]?.role, 'targets/a')
  for (const role of ['\u001b[31m', 'a b', 'ä', 'x'.repeat(256)]) t.is(readKeyFiles(text(role))[0]?.role, undefined)
})

test('a damaged key is refused or not unlocked: nothing else happens', async (t) => {
  const der = readPem(stockFile('root.key'))[0]?.bytes ?? Buffer.alloc(0)
  const attempt = async (at: number, value: number): Promise<void> => {
    const bytes = Buffer.from(der)
    bytes[at % der.length] = value
    const key = await open(writePem('ENCRYPTED PRIVATE KEY', bytes), stockPassphrase).catch((error: unknown) => {
      if (!isIbuildError(error, 'KEY_INVALID')) throw error
      return undefined
    })
    if (key !== undefined) t.true(key instanceof Object && key.asymmetricKeyType === 'ec')
  }
  // the bytes of the iterations are left alone: they say how long it takes
  const count = der.indexOf(Buffer.from('02020800', 'hex'))
  const places = fc.nat(der.length - 1).filter((at) => at < count || at > count + 3)
  await fc.assert(fc.asyncProperty(places, fc.nat(255), attempt), { numRuns: 150 })
})

const iterations: readonly [count: number, isTaken: boolean][] = [
  [0, false],
  [1, true],
  [10_000_000, true],
  [10_000_001, false],
]
for (const [count, isTaken] of iterations) {
  test(`${count} iterations are ${isTaken ? 'worked through' : 'not even begun'}`, (t) => {
    const derivation = sequence(oid('1.2.840.113549.1.5.12'), sequence(octets(Buffer.alloc(8)), integer(count)))
    const encryption = sequence(oid('2.16.840.1.101.3.4.1.42'), octets(Buffer.alloc(16)))
    const scheme = sequence(oid('1.2.840.113549.1.5.13'), sequence(derivation, encryption))
    t.is(isLockedKey(encode(sequence(scheme, octets(Buffer.alloc(16))))), isTaken)
  })
}
