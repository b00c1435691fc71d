import { createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createMemorySigner } from '../service/testing/memory-signer.ts'
import { parseGun } from '../tuf/gun.ts'
import { isSignatureOf } from '../tuf/verify.ts'
import { openLocalSigner } from './local-signer.ts'
import { openSignerFolder } from './open-signer.ts'
import { ownKeyFileOf } from './read-secret.ts'
import { keyRows, pendingRows } from './rows.ts'
import type { SignerSecret } from './secret.ts'
import { signerSuite } from './testing/signer-contract.ts'

const now = (): number => 1_700_000_000_000
const gun = parseGun('localhost:5000/team/app')
const message = Buffer.from('a message')
const keySecret = (text = 'k'): SignerSecret => ({ kind: 'key', bytes: Buffer.from(text.repeat(32)) })
const phrase = (passphrase: string): SignerSecret => ({ kind: 'passphrase', passphrase })

signerSuite(test, { name: 'memory', make: async () => createMemorySigner() })
signerSuite(test, {
  name: 'local, rows in memory',
  make: () => openLocalSigner({ rows: createMemoryRows(), secret: keySecret(), now }),
})
signerSuite(test, {
  name: 'local, one unlocked key, ECDSA',
  make: () => openLocalSigner({ rows: createMemoryRows(), secret: keySecret(), now, mostUnlocked: 1, type: 'ecdsa' }),
})
signerSuite(test, {
  name: 'local, a folder',
  make: async (t) => openSignerFolder({ folder: join(temporaryFolder(t), 'signer'), now, ballast: 0 }),
})

/** Rows that outlive the signers that close them. */
function keptRows(): RowStore {
  return { ...createMemoryRows(), close: async () => {} }
}

test('keys are there again, the unused one too', async (t) => {
  const rows = keptRows()
  const first = await openLocalSigner({ rows, secret: phrase('secret'), now })
  const [used, unused] = [await first.createKey(gun, 'snapshot'), await first.createKey(gun, 'timestamp')]
  await first.sign(used.id, message)
  await first.close()
  const again = await openLocalSigner({ rows, secret: phrase('secret'), now })
  t.true(isSignatureOf(used, message, await again.sign(used.id, message)))
  t.is((await again.createKey(gun, 'timestamp')).id, unused.id)
  t.not((await again.createKey(gun, 'snapshot')).id, used.id)
})

test('no private key lies in clear anywhere, and none under another name', async (t) => {
  const rows = keptRows()
  const signer = await openLocalSigner({ rows, secret: keySecret(), now, type: 'ecdsa' })
  const [a, b] = [await signer.createKey(gun, 'snapshot'), await signer.createKey(gun, 'timestamp')]
  for (const { key, value } of await rows.list({ prefix: '', limit: 100 })) {
    t.false(key.includes('private'))
    for (const [, text = ''] of value.matchAll(/"([A-Za-z0-9+/=]{40,})"/g)) {
      t.throws(() => createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' }))
    }
  }
  const value = (await rows.get(keyRows.key(a.id))) ?? ''
  await rows.commit({ put: [{ key: keyRows.key(b.id), value }] })
  await signer.close()
  const again = await openLocalSigner({ rows, secret: keySecret(), now })
  await t.throwsAsync(again.sign(b.id, message), { code: 'SIGNER_UNAVAILABLE', message: /damaged or changed/ })
  const swapped = value.replace('"snapshot"', '"timestamp"')
  await rows.commit({ put: [{ key: keyRows.key(a.id), value: swapped }] })
  await t.throwsAsync(again.sign(a.id, message), { code: 'SIGNER_UNAVAILABLE', message: /damaged or changed/ })
})

const wrong: readonly [title: string, locked: SignerSecret, given: SignerSecret, message: RegExp][] = [
  ['another passphrase', phrase('right'), phrase('wrong one'), /locked with another passphrase/],
  ['another key file', keySecret(), keySecret('x'), /locked with another key file/],
  ['a key file for a passphrase', phrase('right'), keySecret(), /locked with a passphrase, which was not given/],
  ['a passphrase for a key file', keySecret(), phrase('right'), /locked with a key file, which was not given/],
]
for (const [title, locked, given, expected] of wrong) {
  test(`refused, and nothing is changed: ${title}`, async (t) => {
    const rows = keptRows()
    const signer = await openLocalSigner({ rows, secret: locked, now })
    const key = await signer.createKey(gun, 'snapshot')
    const before = await rows.list({ prefix: '', limit: 100 })
    const error = await t.throwsAsync(openLocalSigner({ rows, secret: given, now }), { code: 'SIGNER_INVALID' })
    t.regex(error.message, expected)
    t.false(inspect(error).includes('wrong one'))
    await t.throwsAsync(signer.changeSecret(given, phrase('new')), { code: 'SIGNER_INVALID' })
    t.deepEqual(await rows.list({ prefix: '', limit: 100 }), before)
    t.true(isSignatureOf(key, message, await signer.sign(key.id, message)))
  })
}

test('another secret replaces the first, in one change and without touching a key', async (t) => {
  const rows = keptRows()
  let commits = 0
  const commit: RowStore['commit'] = (change) => {
    commits++
    return rows.commit(change)
  }
  const signer = await openLocalSigner({ rows: { ...rows, commit }, secret: phrase('old'), now })
  const key = await signer.createKey(gun, 'snapshot')
  const row = await rows.get(keyRows.key(key.id))
  commits = 0
  await signer.changeSecret(phrase('old'), keySecret())
  t.is(commits, 1)
  t.is(await rows.get(keyRows.key(key.id)), row)
  await t.throwsAsync(openLocalSigner({ rows, secret: phrase('old'), now }), { code: 'SIGNER_INVALID' })
  const again = await openLocalSigner({ rows, secret: keySecret(), now })
  t.true(isSignatureOf(key, message, await again.sign(key.id, message)))
})

test('keys without what unlocks them are no new beginning', async (t) => {
  const rows = keptRows()
  const signer = await openLocalSigner({ rows, secret: keySecret(), now })
  await signer.createKey(gun, 'snapshot')
  await rows.commit({ remove: ['master'] })
  await t.throwsAsync(signer.check(), { code: 'SIGNER_UNAVAILABLE' })
  await t.throwsAsync(openLocalSigner({ rows, secret: keySecret(), now }), { code: 'SIGNER_INVALID', message: /gone/ })
})

test('a database that fails is told as a signer that is not available, and a used key is marked when it works again', async (t) => {
  const rows = keptRows()
  let isBroken = false
  const commit: RowStore['commit'] = (change) => (isBroken ? Promise.reject(new Error('no disk')) : rows.commit(change))
  const signer = await openLocalSigner({ rows: { ...rows, commit }, secret: keySecret(), now })
  const key = await signer.createKey(gun, 'snapshot')
  isBroken = true
  const unavailable = { code: 'SIGNER_UNAVAILABLE', message: /no disk/ }
  await t.throwsAsync(signer.createKey(gun, 'timestamp'), unavailable)
  await t.throwsAsync(
    signer.sign(key.id, message),
    unavailable,
    'a signature would be made with a key that is told to be new',
  )
  t.not(await rows.get(pendingRows.key('snapshot', gun)), undefined)
  isBroken = false
  await signer.sign(key.id, message)
  t.is(await rows.get(pendingRows.key('snapshot', gun)), undefined)
})

interface Folder {
  readonly folder: string
  readonly open: (secret?: {
    passphraseFile?: string
    keyFile?: string
    passphrase?: string
  }) => ReturnType<typeof openSignerFolder>
}

function folderOf(t: ExecutionContext): Folder {
  const folder = join(temporaryFolder(t), 'signer')
  return { folder, open: (secret = {}) => openSignerFolder({ folder, now, ballast: 0, ...secret }) }
}

test('without any configuration a key file is made once, for its owner alone', async (t) => {
  const { folder, open } = folderOf(t)
  const signer = await open()
  const key = await signer.createKey(gun, 'snapshot')
  await signer.close()
  const file = ownKeyFileOf(folder)
  t.is(statSync(file).mode & 0o777, 0o600)
  t.is(statSync(folder).mode & 0o777, 0o700)
  const text = readFileSync(file, 'utf8')
  t.regex(text, /^[0-9a-f]{64}\n$/)
  const again = await open()
  t.is((await again.createKey(gun, 'snapshot')).id, key.id)
  await again.close()
  rmSync(file)
  await t.throwsAsync(open(), { code: 'SIGNER_INVALID', message: /signer\.key is gone/ })
  t.false(existsSync(file), 'no other one is made')
  writeFileSync(file, text)
  const restored = await open()
  t.is((await restored.createKey(gun, 'snapshot')).id, key.id)
  await restored.close()
})

test('secrets come from files and variables, and only from one', async (t) => {
  const { folder, open } = folderOf(t)
  const passphraseFile = `${folder}.phrase`
  writeFileSync(passphraseFile, 'open sesame\n', { mode: 0o600 })
  await (await open({ passphraseFile })).close()
  t.false(existsSync(ownKeyFileOf(folder)))
  await (await open({ passphrase: 'open sesame' })).close()
  await t.throwsAsync(open({ passphrase: 'open' }), { code: 'SIGNER_INVALID' })
  await t.throwsAsync(open(), { code: 'SIGNER_INVALID' }, 'no key file instead of the passphrase')
  await t.throwsAsync(open({ passphrase: 'open sesame', passphraseFile }), {
    code: 'SIGNER_INVALID',
    message: /either/,
  })
  await t.throwsAsync(open({ passphraseFile: `${folder}.none` }), { code: 'SIGNER_INVALID', message: /is not there/ })
  writeFileSync(passphraseFile, '\n')
  await t.throwsAsync(open({ passphraseFile }), { code: 'SIGNER_INVALID', message: /empty/ })
})

for (const [title, content, isTaken] of [
  ['too few bytes', 'x'.repeat(31), false],
  ['few and white space', `${'x'.repeat(31)}\n\n`, false],
  ['enough', `${'x'.repeat(32)}\n`, true],
  ['too many', 'x'.repeat(4097), false],
] as const) {
  test(`a key file with ${title}`, async (t) => {
    const { folder, open } = folderOf(t)
    const keyFile = `${folder}.key`
    writeFileSync(keyFile, content, { mode: 0o600 })
    if (isTaken) await t.notThrowsAsync(open({ keyFile }).then((signer) => signer.close()))
    else await t.throwsAsync(open({ keyFile }), { code: 'SIGNER_INVALID', message: /bytes, not 32 to 4096/ })
  })
}
