import { constants, sign } from 'node:crypto'
import test from 'ava'
import { fileMetaOf, fileProblem, isSameFile } from './file-meta.ts'
import { methodOf } from './key.ts'
import { targetsJson } from './metadata-json.ts'
import { readMetadata, readTargets } from './read-metadata.ts'
import { parseRole } from './role.ts'
import { TestCollection } from './testing/collection.ts'
import { certified, newKey, type TestKey } from './testing/keys.ts'
import { badlySigned } from './testing/mutations.ts'
import type { KeyID, Metadata, PublicKey, UnknownKey } from './types.ts'
import { verifySignatures } from './verify.ts'
import { signMetadata, writeMetadata } from './write-metadata.ts'

const commonName = 'localhost:5000/team/app'
const a = newKey('ecdsa')
const b = newKey('ed25519')
const c = newKey('rsa')
const json = targetsJson({ version: 1, expires: Date.now() + 1e9, targets: [] })

function known(...keys: readonly (TestKey | UnknownKey)[]): ReadonlyMap<KeyID, PublicKey | UnknownKey> {
  const all = keys.map((key) => ('key' in key ? key.key : key))
  return new Map(all.map((key) => [key.id, key]))
}

function verdict(metadata: Metadata, threshold: number, ...keys: readonly TestKey[]) {
  return verifySignatures(metadata, { keyIDs: keys.map(({ key }) => key.id), threshold }, known(...keys))
}

for (const type of ['ecdsa', 'ecdsa-x509', 'rsa', 'rsa-x509', 'ed25519'] as const) {
  test(`a signature by a key of type ${type} counts`, async (t) => {
    const key = newKey(type, { commonName })
    const metadata = readTargets(await signMetadata(json, [key]))
    t.deepEqual(verdict(metadata, 1, key), { signers: new Set([key.key.canonicalID]), missing: 0 })
  })
}

test('so many signatures are missing to the threshold', async (t) => {
  const metadata = readTargets(await signMetadata(json, [a, b]))
  t.is(verdict(metadata, 2, a, b, c).missing, 0)
  t.is(verdict(metadata, 3, a, b, c).missing, 1)
  t.is(verdict(metadata, 1, c).missing, 1)
  t.is(verdict(metadata, 1, a, c).signers.size, 1)
})

test('a key counts once, however often and in whatever form it signs', async (t) => {
  const one = certified(a, { commonName })
  const two = certified(a, { commonName: '*' })
  const metadata = readTargets(await signMetadata(json, [a, a, one, two]))
  t.is(metadata.signatures.length, 4)
  t.deepEqual(verdict(metadata, 2, a, one, two), { signers: new Set([a.key.id]), missing: 1 })
})

test('a true signature counts beside a false one of the same key', async (t) => {
  const metadata = readTargets(await signMetadata(json, [a]))
  const first = { key: a.key, bytes: Buffer.alloc(64, 1) }
  const second = { key: a.key, bytes: metadata.signatures[0]?.bytes ?? Buffer.of() }
  const both = readTargets(writeMetadata(metadata.canonical.toString(), [first, second]))
  t.is(verdict(both, 1, a).missing, 0)
})

test('a signature of a key that the role does not have counts for nothing', async (t) => {
  const metadata = readTargets(await signMetadata(json, [a]))
  t.is(verifySignatures(metadata, { keyIDs: [b.key.id], threshold: 1 }, known(a, b)).missing, 1)
  t.is(verifySignatures(metadata, { keyIDs: [a.key.id], threshold: 1 }, known(b)).missing, 1)
  const unknown = { type: undefined, id: a.key.id }
  t.is(verifySignatures(metadata, { keyIDs: [a.key.id], threshold: 1 }, known(unknown)).missing, 1)
})

const otherSchemes: readonly [string, TestKey, (message: Uint8Array) => Buffer][] = [
  ['ECDSA in DER', a, (message) => sign('sha256', message, a.privateKey)],
  ['ECDSA over SHA-512', a, (message) => sign('sha512', message, { key: a.privateKey, dsaEncoding: 'ieee-p1363' })],
  ['RSA of PKCS 1.5', c, (message) => sign('sha256', message, c.privateKey)],
  [
    'RSA-PSS with another salt',
    c,
    (message) =>
      sign('sha256', message, { key: c.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 }),
  ],
  ['nothing', b, () => Buffer.of()],
  ['one byte', b, () => Buffer.of(1)],
]
for (const [title, key, make] of otherSchemes) {
  test(`a signature that is ${title} does not count`, (t) => {
    const text = JSON.stringify(json)
    const unsigned = readTargets(Buffer.from(`{"signed":${text},"signatures":[]}`))
    const signatures = [
      {
        keyID: key.key.id,
        method: methodOf(key.key.type),
        bytes: make(unsigned.canonical),
      },
    ]
    t.is(verdict({ ...unsigned, signatures }, 1, key).missing, 1)
  })
}

test('a signature that names another method than that of its key does not count', async (t) => {
  const metadata = readTargets(await signMetadata(json, [a]))
  for (const method of ['eddsa', 'rsapss', 'none', '', 'rsapkcs1v15']) {
    const signatures = metadata.signatures.map((signature) => ({ ...signature, method }))
    t.is(verdict({ ...metadata, signatures }, 1, a).missing, 1)
  }
  const upper = Buffer.from(metadata.bytes.toString().replace('"method":"ecdsa"', '"method":"ECDSA"'))
  t.is(verdict(readTargets(upper), 1, a).missing, 0)
})

for (const role of ['root', 'targets', 'targets/a', 'snapshot', 'timestamp'].map(parseRole)) {
  for (const mutation of badlySigned) {
    test(`${role}: ${mutation.name} leaves signatures missing`, async (t) => {
      const collection = new TestCollection().delegate('targets/a', [a])
      mutation.apply(collection, role)
      const { files } = await collection.publish()
      const metadata = readMetadata(role, files.get(role) ?? Buffer.of())
      const keys = role === parseRole('targets/a') ? [a] : collection.keysOf(role as never)
      t.is(verdict(metadata, 1, ...keys).missing, 1)
    })
  }
}

const customs = [
  '{"a":1}',
  '"str"',
  '{"a":null,"b":[true,false,{}]}',
  '{"a":"é<>&\u2028"}',
  '{"～":3,"😀":4}',
  '{"b":1,"a":2}',
  '[]',
  'null',
]
for (const custom of customs) {
  test(`what stands beside a target is signed: ${custom}`, async (t) => {
    const signed = targetsJson({
      version: 1,
      expires: Date.now() + 1e9,
      targets: [['a<b>&c "x" \\ \u0007', { ...fileMetaOf(Buffer.from('x')), custom: JSON.parse(custom) }]],
    })
    const bytes = await signMetadata(signed, [a])
    const metadata = readTargets(bytes)
    t.is(verdict(metadata, 1, a).missing, 0)
    t.deepEqual([...metadata.signed.targets.keys()], ['a<b>&c "x" \\ \u0007'])
    t.false(/[<>&\u2028\u0007]/.test(bytes.toString()))
    t.deepEqual(JSON.parse(bytes.toString()).signed.targets['a<b>&c "x" \\ \u0007'].custom, JSON.parse(custom))
  })
}

test('a promise is kept to the byte', (t) => {
  const bytes = Buffer.from('content')
  const meta = fileMetaOf(bytes)
  t.is(fileProblem(bytes, meta), undefined)
  t.is(fileProblem(bytes, { ...meta, sha512: undefined }), undefined)
  t.regex(fileProblem(Buffer.from('content '), meta) ?? '', /8 bytes, not 7/)
  t.regex(fileProblem(Buffer.from('Content'), meta) ?? '', /sha256/)
  t.regex(fileProblem(bytes, { ...meta, sha512: Buffer.alloc(64) }) ?? '', /sha512/)
  t.true(isSameFile(meta, { ...meta, sha512: undefined }))
  t.false(isSameFile(meta, { ...meta, length: 8 }))
  t.false(isSameFile(meta, fileMetaOf(Buffer.from('Content'))))
  t.false(isSameFile(meta, { ...meta, sha512: Buffer.alloc(64) }))
})
