import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createFolderKeyStore } from '../../notary/keys/folder-key-store.ts'
import { exportKey, generateKey, importKeys, unlockKey } from '../../notary/keys/key-ring.ts'
import { createMemoryKeyStore } from '../../notary/keys/memory-key-store.ts'
import { readPublicKey } from '../../notary/keys/public-key-file.ts'
import type { KeyRing } from '../../notary/keys/types.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { run } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { startNotary } from './testing/ibuild-server.ts'
import { passphrases, stockClient } from './testing/stock-client.ts'

const root = { role: 'root', gun: undefined }
const ringOf = (folder: string, passphrase: string): KeyRing => ({
  store: createFolderKeyStore(join(folder, 'private')),
  ask: async () => passphrase,
})

needs(test, 'notary')('the stock client signs roots with our keys, and we unlock those that it makes', async (t) => {
  t.timeout(180_000)
  const folder = temporaryFolder(t)
  await using server = await startNotary(folder)
  writeFileSync(join(folder, 'one'), 'one\n')
  const reader = stockClient(server, join(folder, 'reader'))
  for (const type of ['ecdsa', 'rsa'] as const) {
    const client = stockClient(server, join(folder, type))
    const ring = ringOf(client.folder, passphrases.NOTARY_ROOT_PASSPHRASE)
    const { key } = await generateKey(ring, root, type)
    t.true((await client.notary('key', 'list')).includes(key.canonicalID))
    const gun = `localhost:5000/team/${type}`
    await client.notary('init', gun)
    await client.notary('add', '-p', gun, 'v1', join(folder, 'one'))
    t.regex(await reader.notary('list', gun), /v1/)
    const keys = await ring.store.list()
    t.deepEqual(
      keys.flatMap(({ id, role }) => (role === 'root' ? [id] : [])),
      [key.canonicalID],
      'it made no root key of its own',
    )
    const targets = keys.find(({ role }) => role === 'targets')
    t.is(targets?.gun, gun)
    const theirs = ringOf(client.folder, passphrases.NOTARY_TARGETS_PASSPHRASE)
    await t.notThrowsAsync(unlockKey(theirs, targets?.id ?? key.id))
  }
})

needs(test, 'notary')('keys go from store to store, exported and imported by either', async (t) => {
  const folder = temporaryFolder(t)
  const client = stockClient({ url: 'https://localhost:1', authority: '/dev/null' }, join(folder, 'client'))
  const memory = { store: createMemoryKeyStore(), ask: async () => 'a passphrase' }
  const { key } = await generateKey(memory, { role: 'targets/releases', gun: undefined })
  const file = join(folder, 'exported.pem')
  writeFileSync(file, await exportKey(memory, key.canonicalID))
  await client.notary('key', 'import', file)
  t.regex(await client.notary('key', 'list'), new RegExp(`targets/releases\\s+${key.canonicalID}`))
  await client.notary('key', 'export', '-o', join(folder, 'back.pem'))
  const again = { ...memory, store: createMemoryKeyStore() }
  const [back] = await importKeys(again, readFileSync(join(folder, 'back.pem'), 'utf8'), root)
  t.is(back?.key.canonicalID, key.canonicalID)
  t.is(back?.role, 'targets/releases')
})

needs(test, 'docker')('docker loads our keys, and we read those that it makes', async (t) => {
  t.timeout(60_000)
  const folder = temporaryFolder(t)
  const env = { HOME: folder, DOCKER_CONFIG: undefined, DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'a passphrase' }
  const docker = async (...args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await run(requireProgram('docker'), ['trust', 'key', ...args], {
      env,
      cwd: folder,
    })
    t.is(code, 0, stdout + stderr)
  }
  const ring = ringOf(join(folder, '.docker/trust'), 'a passphrase')
  const ours = { ...ring, store: createMemoryKeyStore() }
  const { key } = await generateKey(ours, { role: 'ann', gun: undefined })
  writeFileSync(join(folder, 'ann.pem'), await exportKey(ours, key.canonicalID), { mode: 0o600 })
  await docker('load', 'ann.pem', '--name', 'ann')
  await docker('generate', 'bob')
  const bob = readPublicKey(readFileSync(join(folder, 'bob.pub'), 'utf8'))
  t.is(bob.role, 'bob')
  const keys = await ring.store.list()
  const known = keys.map(({ id, role }) => `${role} ${id}`)
  t.deepEqual(known.sort(), [`ann ${key.canonicalID}`, `bob ${bob.key.id}`])
  for (const { id } of keys) await t.notThrowsAsync(unlockKey(ring, id))
})
