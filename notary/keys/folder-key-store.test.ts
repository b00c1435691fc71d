import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { parseKeyID } from '../tuf/key.ts'
import { createFolderKeyStore } from './folder-key-store.ts'
import { writeKeyFile } from './key-file.ts'
import { newPrivateKey } from './key-ring.ts'
import { signingKey } from './signing-key.ts'
import { keyStoreSuite } from './testing/key-store-contract.ts'

keyStoreSuite(test, {
  name: 'folder',
  make: (t) => {
    const folder = join(temporaryFolder(t), 'trust', 'private')
    return { store: createFolderKeyStore(folder), again: () => createFolderKeyStore(folder) }
  },
})

async function someKey(role: string | undefined): Promise<{ id: string; pem: string }> {
  const privateKey = newPrivateKey('ecdsa')
  const pem = await writeKeyFile(privateKey, { role, gun: undefined }, 'a passphrase')
  return { id: signingKey(privateKey).key.canonicalID, pem }
}

test('folders and files are for their owner alone, and nothing else is left', async (t) => {
  const parent = temporaryFolder(t)
  const folder = join(parent, 'trust', 'private')
  const privateKey = newPrivateKey('ecdsa')
  const { canonicalID } = signingKey(privateKey).key
  const pem = await writeKeyFile(privateKey, { role: 'root', gun: undefined }, 'a passphrase')
  await createFolderKeyStore(folder).write(canonicalID, pem)
  t.deepEqual(readdirSync(folder), [`${canonicalID}.key`])
  const modeOf = (path: string): number => statSync(path).mode & 0o777
  t.is(modeOf(join(parent, 'trust')), 0o700)
  t.is(modeOf(folder), 0o700)
  t.is(modeOf(join(folder, `${canonicalID}.key`)), 0o600)
})

function put(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}

async function oldStore(t: ExecutionContext): Promise<{ folder: string; ids: readonly string[] }> {
  const folder = temporaryFolder(t)
  const keys = await Promise.all([someKey(undefined), someKey(undefined), someKey('targets/releases')])
  const [root, targets, delegation] = keys
  put(folder, `root_keys/${root?.id}_root.key`, root?.pem ?? '')
  put(folder, `tuf_keys/localhost:5000/team/app/${targets?.id}_targets.key`, targets?.pem ?? '')
  put(folder, `tuf_keys/${delegation?.id}.key`, delegation?.pem ?? '')
  return { folder, ids: keys.map(({ id }) => id) }
}

test('keys of older clients are found where those put them, with what their places say', async (t) => {
  const { folder, ids } = await oldStore(t)
  const store = createFolderKeyStore(folder)
  const keys = await store.list()
  const of = (i: number): unknown => keys.find(({ id }) => id === ids[i])
  t.like(of(0), { role: 'root', gun: undefined })
  t.like(of(1), { role: 'targets', gun: 'localhost:5000/team/app' })
  t.like(of(2), { role: 'targets/releases', gun: undefined })
  for (const key of keys) t.deepEqual(await store.find(key.id), key)
  for (const { id } of keys) t.true(await store.remove(id))
  t.deepEqual(await store.list(), [])
})

test('a key that is written goes before the same one of an older client, and both are removed', async (t) => {
  const { folder } = await oldStore(t)
  const store = createFolderKeyStore(folder)
  const old = (await store.list()).find(({ role }) => role === 'targets')
  if (old === undefined) return t.fail()
  await store.write(old.id, (await someKey('eve')).pem)
  t.is((await store.find(old.id))?.role, 'eve')
  t.is((await store.list()).length, 3)
  await store.remove(old.id)
  t.is(await store.find(old.id), undefined)
})

test('other files, folders and links mean nothing; a store may be a link', async (t) => {
  const folder = temporaryFolder(t)
  const { id, pem } = await someKey('bob')
  put(folder, 'real/notes.txt', 'hello')
  put(folder, `real/${id}.key.new`, pem)
  put(folder, `real/${'a'.repeat(64)}.key`, 'x'.repeat(300_000))
  put(folder, `real/${id.toUpperCase()}.key`, pem)
  symlinkSync('.', join(folder, 'real', 'round'))
  symlinkSync('real', join(folder, 'link'))
  const store = createFolderKeyStore(join(folder, 'link'))
  t.deepEqual(await store.list(), [])
  put(folder, `real/${id}.key`, pem)
  t.deepEqual(
    (await store.list()).map((key) => key.id as string),
    [id],
  )
})

test('what cannot be read is told, by its name', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'private'), '')
  const error = await t.throwsAsync(createFolderKeyStore(join(folder, 'private')).list(), { code: 'KEY_INVALID' })
  t.regex(error.message, /private cannot be read \(ENOTDIR\)/)
})

test('what cannot be written or removed is told with what to do, and not in the words of the system', async (t) => {
  const folder = temporaryFolder(t)
  const { id, pem } = await someKey('bob')
  writeFileSync(join(folder, 'file'), '')
  const write = createFolderKeyStore(join(folder, 'file/private')).write(parseKeyID(id), pem)
  const written = await t.throwsAsync(write, { code: 'KEY_INVALID' })
  t.regex(written.message, /^private keys in .*file\/private cannot be changed \(E\w+\)$/)
  t.regex(String(isIbuildError(written) && written.hint), /--trust-dir/)
})
