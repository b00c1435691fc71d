import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { inspect } from 'node:util'
import test from 'ava'
import { isIbuildError } from '../../shared/base/errors.ts'
import { isSignatureOf } from '../tuf/verify.ts'
import {
  addKey,
  changePassphrase,
  exportKey,
  generateKey,
  importKeys,
  newPrivateKey,
  removeKey,
  unlockKey,
} from './key-ring.ts'
import { createMemoryKeyStore } from './memory-key-store.ts'
import { signingKey } from './signing-key.ts'
import { stockFile, stockIDs, stockPassphrase } from './testing/stock-keys.ts'
import type { KeyRing, PassphraseAsk } from './types.ts'

interface Asked extends KeyRing {
  readonly asked: PassphraseAsk[]
}

/** A ring whose passphrases come one after the other; when they are over, there is none. */
function ringWith(...passphrases: readonly string[]): Asked {
  const asked: PassphraseAsk[] = []
  const left = [...passphrases]
  return {
    asked,
    store: createMemoryKeyStore(),
    ask: async (ask) => {
      asked.push(ask)
      return left.shift()
    },
  }
}

const root = { role: 'root', gun: undefined }
const targets = { role: 'targets', gun: 'host/app' }
const message = Buffer.from('a message')

for (const type of ['ecdsa', 'ed25519', 'rsa'] as const) {
  test(`a key of type ${type} signs when it was made, and when it was unlocked`, async (t) => {
    const ring = ringWith('secret', 'secret')
    const made = await generateKey(ring, targets, type)
    const found = await unlockKey(ring, made.key.canonicalID)
    for (const key of [made, found]) {
      t.like(key, targets)
      t.is(key.key.type, type)
      t.true(isSignatureOf(made.key, message, await key.sign(message)))
    }
    const keyID = made.key.canonicalID
    t.deepEqual(ring.asked, [
      { ...targets, keyID, isNew: true, attempt: 1 },
      { ...targets, keyID, isNew: false, attempt: 1 },
    ])
  })
}

test('only keys of a collection say of which one', async (t) => {
  const ring = ringWith('a', 'b', 'c')
  for (const [role, gun] of [['root'], ['targets/releases'], ['snapshot', 'host/app']] as const) {
    const { key } = await generateKey(ring, { role, gun: 'host/app' })
    t.is((await ring.store.find(key.canonicalID))?.gun, gun)
  }
})

test('a wrong passphrase is asked for again, at most three times and never the same', async (t) => {
  const ring = ringWith('secret', 'wrong', 'secret', 'one', 'two', 'three', 'secret')
  const { key } = await generateKey(ring, root)
  await t.notThrowsAsync(unlockKey(ring, key.canonicalID))
  t.deepEqual(
    ring.asked.map(({ attempt }) => attempt),
    [1, 1, 2],
  )
  await t.throwsAsync(unlockKey(ring, key.canonicalID), { code: 'PASSPHRASE_WRONG' })
  t.is(ring.asked.at(-1)?.attempt, 3)
  let asked = 0
  const same = async (): Promise<string> => {
    asked++
    return 'wrong'
  }
  await t.throwsAsync(unlockKey({ ...ring, ask: same }, key.canonicalID), { code: 'PASSPHRASE_WRONG' })
  t.is(asked, 2)
})

test('without a passphrase nothing is made, stored or unlocked; errors name the key and no secret', async (t) => {
  const ring = ringWith()
  const missing = await t.throwsAsync(generateKey(ring, targets), { code: 'PASSPHRASE_MISSING' })
  t.regex(missing.message, /^no passphrase for the targets key [0-9a-f]{12} of host\/app$/)
  await t.throwsAsync(generateKey(ringWith(''), root), { code: 'PASSPHRASE_MISSING' }, 'an empty one is none')
  t.deepEqual(await ring.store.list(), [])
  const other = ringWith('top secret', 'bottom secret')
  const { key } = await generateKey(other, root)
  const wrong = await t.throwsAsync(unlockKey(other, key.canonicalID), { code: 'PASSPHRASE_WRONG' })
  t.false(/top|bottom/.test(inspect(wrong, { depth: 9, showHidden: true }).replaceAll(/^ +at .*$/gm, '')))
  await t.throwsAsync(unlockKey(other, key.canonicalID), { code: 'PASSPHRASE_MISSING' })
})

test('another passphrase replaces the first', async (t) => {
  const ring = ringWith('old', 'old', 'new', 'old', 'new')
  const { key } = await generateKey(ring, targets)
  await changePassphrase(ring, key.canonicalID)
  await t.notThrowsAsync(unlockKey(ring, key.canonicalID))
  t.is(ring.asked.at(-1)?.attempt, 2, 'the old one was wrong')
  t.like(await ring.store.find(key.canonicalID), targets)
})

test('when the passphrase to come is missing, the key keeps its own', async (t) => {
  const ring = ringWith('old', 'old')
  const { key } = await generateKey(ring, root)
  await t.throwsAsync(changePassphrase(ring, key.canonicalID), { code: 'PASSPHRASE_MISSING' })
  await t.notThrowsAsync(unlockKey({ ...ring, ask: async () => 'old' }, key.canonicalID))
})

test('keys that are exported are imported with their passphrases and uses, several at once', async (t) => {
  const ring = ringWith('one', 'two')
  const keys = [await generateKey(ring, root, 'ed25519'), await generateKey(ring, targets)]
  const files = await Promise.all(keys.map(({ key }) => exportKey(ring, key.canonicalID)))
  const other = ringWith('one', 'two', 'one')
  const imported = await importKeys(other, files.join(''), { role: 'eve', gun: undefined })
  t.deepEqual(
    imported.map(({ key }) => key.id),
    keys.map(({ key }) => key.id),
  )
  t.deepEqual(await other.store.list(), await ring.store.list())
  t.true(other.asked.every(({ isNew, keyID }) => !isNew && keyID !== undefined))
  await t.notThrowsAsync(unlockKey(other, imported[0]?.key.canonicalID ?? fail()))
})

test('what docker wrote is imported', async (t) => {
  const ring = ringWith(stockPassphrase, stockPassphrase)
  const [key] = await importKeys(ring, stockFile('bob.key'), { role: undefined, gun: undefined })
  t.is(key?.key.canonicalID as string, stockIDs['bob.key'])
  t.is((await ring.store.list())[0]?.role, 'bob')
})

test('a key that was not locked is locked with a new passphrase', async (t) => {
  const privateKey = newPrivateKey('ecdsa')
  const text = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
  const ring = ringWith('new', 'new')
  const [key] = await importKeys(ring, text, { role: 'bob', gun: undefined })
  t.like(ring.asked[0], { isNew: true, role: 'bob' })
  t.true((await ring.store.list())[0]?.isEncrypted)
  t.true((await unlockKey(ring, key?.key.canonicalID ?? fail())).privateKey.equals(privateKey))
})

const refused: readonly [title: string, text: string, message: RegExp][] = [
  ['no key', 'hello', /no private key/],
  ['a public key', stockFile('bob.pub'), /no private key/],
  ['a key for nothing', plainKey('prime256v1'), /does not say what its key is for/],
  ['a weak curve', plainKey('secp224r1').replace('KEY-----\n', 'KEY-----\nrole: bob\n\n'), /secp224r1/],
]
for (const [title, text, expected] of refused) {
  test(`not imported: ${title}`, async (t) => {
    const ring = ringWith('secret')
    const error = await t.throwsAsync(importKeys(ring, text, { role: undefined, gun: undefined }))
    t.true(isIbuildError(error, 'KEY_INVALID'))
    t.regex(error.message, expected)
    t.deepEqual(await ring.store.list(), [])
  })
}

test('a key that is not there is not found', async (t) => {
  const ring = ringWith('secret')
  const { key } = await generateKey(ring, root)
  await removeKey(ring, key.canonicalID)
  for (const work of [unlockKey, exportKey, changePassphrase, removeKey]) {
    await t.throwsAsync<Error>(work(ring, key.canonicalID), { code: 'KEY_NOT_FOUND' })
  }
})

test('a file that holds another key than it is named after is refused', async (t) => {
  const ring = ringWith('one', 'two', 'two')
  const [a, b] = [await generateKey(ring, root), await generateKey(ring, root)]
  await ring.store.write(a.key.canonicalID, (await ring.store.read(b.key.canonicalID)) ?? '')
  await t.throwsAsync(unlockKey(ring, a.key.canonicalID), { code: 'KEY_INVALID', message: /holds another key/ })
})

test('a key that somebody has is added as it is', async (t) => {
  const privateKey = newPrivateKey('ecdsa')
  const { key } = await addKey(ringWith('secret'), root, privateKey)
  t.true(key.object.equals(createPublicKey(privateKey)))
  const signature = await signingKey(privateKey).sign(message)
  t.true(verify('sha256', message, { key: key.object, dsaEncoding: 'ieee-p1363' }, signature))
})

function plainKey(curve: string): string {
  return generateKeyPairSync('ec', { namedCurve: curve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function fail(): never {
  throw new Error('there is no key')
}
