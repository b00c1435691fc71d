import test from 'ava'
import { fileProblem } from '../file-meta.ts'
import { readRoot, readSnapshot, readTargets, readTimestamp } from '../read-metadata.ts'
import { parseRole } from '../role.ts'
import type { RoleName } from '../types.ts'
import { verifySignatures } from '../verify.ts'
import { readAll, TestCollection } from './collection.ts'
import { newKey } from './keys.ts'

function get(files: ReadonlyMap<RoleName, Buffer>, role: string): Buffer {
  return files.get(parseRole(role)) ?? Buffer.of()
}

test('a collection is signed by its keys, and each file promised by the one above', async (t) => {
  const bob = newKey('ecdsa')
  const collection = new TestCollection().addTarget('v1', 'one').delegate('targets/bob', [bob])
  collection.addTarget('v2', 'two', 'targets/bob' as never)
  const { files, served } = await collection.publish()
  t.is(readAll({ gun: collection.gun, files, served }).size, 5)
  const root = readRoot(get(files, 'root')).signed
  const snapshot = readSnapshot(get(files, 'snapshot'))
  for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
    const metadata = [...readAll({ gun: collection.gun, files, served })].find(([name]) => name === role)?.[1]
    t.is(metadata && verifySignatures(metadata, root.roles[role], root.keys).missing, 0, role)
  }
  for (const [role, meta] of snapshot.signed.meta) t.is(fileProblem(get(files, role), meta), undefined)
  t.is(fileProblem(snapshot.bytes, readTimestamp(get(files, 'timestamp')).signed.snapshot), undefined)
  const { delegations } = readTargets(get(files, 'targets')).signed
  const [delegation] = delegations.roles
  t.is(delegation?.name, parseRole('targets/bob') as never)
  t.deepEqual([...snapshot.signed.meta.keys()].sort(), ['root', 'targets', 'targets/bob'] as never)
})

test('what was changed gets the next version, and old files are still served', async (t) => {
  const collection = new TestCollection().addTarget('v1', 'one')
  const first = await collection.publish()
  collection.rotate('root', [newKey('ecdsa-x509', { commonName: collection.gun })])
  const { files, served } = await collection.publish()
  t.is(readRoot(get(files, 'root')).signed.version, 2)
  t.is(readTargets(get(files, 'targets')).signed.version, 1)
  t.is(readTimestamp(get(files, 'timestamp')).signed.version, 2)
  t.deepEqual(served.get('1.root.json'), get(first.files, 'root'))
  const old = readRoot(get(first.files, 'root')).signed
  const root = readRoot(get(files, 'root'))
  for (const { roles, keys } of [old, root.signed]) t.is(verifySignatures(root, roles.root, keys).missing, 0)
})
