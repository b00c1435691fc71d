import { readFileSync } from 'node:fs'
import test from 'ava'
import { readPem, writePem } from '../../shared/crypto/pem.ts'
import { importKeys } from './key-ring.ts'
import { createMemoryKeyStore } from './memory-key-store.ts'
import { readPublicKey } from './public-key-file.ts'

const fileOf = (name: string): string => readFileSync(new URL(`../../testdata/cosign/${name}`, import.meta.url), 'utf8')
const text = fileOf('cosign.key')
const meant = { role: 'cosign', gun: undefined }
const ring = (...passphrases: readonly string[]): Parameters<typeof importKeys>[0] => {
  const left = [...passphrases]
  return { store: createMemoryKeyStore(), ask: async () => left.shift() }
}

test('a private key of cosign is imported, and locked in our way with its passphrase', async (t) => {
  const ours = ring('pw')
  const [key] = await importKeys(ours, text, meant)
  t.is(key?.key.canonicalID, readPublicKey(fileOf('cosign.pub')).key.canonicalID)
  t.like((await ours.store.list())[0], { ...meant, isEncrypted: true })
  const pem = (await ours.store.read((await ours.store.list())[0]?.id ?? key?.key.canonicalID ?? fail())) ?? ''
  t.true(pem.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: cosign\n'))
  const older = text.replaceAll('SIGSTORE', 'COSIGN')
  t.is((await importKeys(ring('pw'), older, meant))[0]?.key.id, key?.key.id)
})

test('with another passphrase it stays locked', async (t) => {
  await t.throwsAsync(importKeys(ring('other'), text, meant), { code: 'PASSPHRASE_WRONG' })
})

interface File {
  kdf: { name: string; params: { N: number; r: number; p: number }; salt: string }
  cipher: { name: string; nonce: string }
  ciphertext: string
}

function changed(change: (file: File) => void): string {
  const bytes = readPem(text)[0]?.bytes ?? Buffer.alloc(0)
  const file = JSON.parse(bytes.toString('utf8')) as File
  change(file)
  return writePem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(file)))
}

const refused: readonly [title: string, text: string, message: RegExp][] = [
  ['another derivation', changed(({ kdf }) => (kdf.name = 'pbkdf2')), /kdf\.name: is not scrypt/],
  ['another cipher', changed(({ cipher }) => (cipher.name = 'x')), /cipher\.name: is not nacl/],
  ['too much work', changed(({ kdf }) => (kdf.params.N = 2 ** 21)), /beyond what is worked through/],
  ['work that is no power of two', changed(({ kdf }) => (kdf.params.N = 65_535)), /beyond what is worked through/],
  ['no work', changed(({ kdf }) => (kdf.params.N = 1)), /too small/],
  ['a short nonce', changed(({ cipher }) => (cipher.nonce = 'AAAA')), /24 bytes/],
  ['no JSON', writePem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from('hello')), /not JSON/],
]
for (const [title, file, message] of refused) {
  test(`refused: ${title}`, async (t) => {
    await t.throwsAsync(importKeys(ring('pw'), file, meant), { code: 'KEY_INVALID', message })
  })
}

test('what was changed is not unlocked', async (t) => {
  const file = changed((one) => (one.ciphertext = one.ciphertext.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))))
  await t.throwsAsync(importKeys(ring('pw'), file, meant), { code: 'PASSPHRASE_WRONG' })
})

function fail(): never {
  throw new Error('there is no key')
}
