import { readFileSync } from 'node:fs'
import test from 'ava'
import { certificateProblem, leafOf } from './certificate.ts'
import { fileProblem } from './file-meta.ts'
import { parseGun } from './gun.ts'
import { readMetadata, readRoot, readSnapshot, readTargets, readTimestamp } from './read-metadata.ts'
import { isBaseRole, isTargetsRole, parseRole } from './role.ts'
import type { PublicKey, RoleName } from './types.ts'
import { verifySignatures } from './verify.ts'
import { writeMetadata } from './write-metadata.ts'

/** What `notary` 0.7 published of `localhost:5000/team/app` to `notary-server` and then kept, after its root key was rotated. */
function file(name: string): Buffer {
  return readFileSync(new URL(`../../testdata/notary/stock/${name}.json`, import.meta.url))
}

const roles = ['root', 'targets', 'targets/releases', 'targets/rsa', 'snapshot', 'timestamp'].map(parseRole)
const root = readRoot(file('root'))
const targets = readTargets(file('targets'))

for (const role of roles) {
  test(`${role} of the stock client: its signatures count, and it is written again to the byte`, (t) => {
    const metadata = readMetadata(role, file(role))
    const { keys, allowed } = signersOf(role)
    const { missing, signers } = verifySignatures(metadata, allowed, keys)
    t.is(missing, 0)
    t.is(signers.size, 1)
    const signatures = metadata.signatures.map(({ keyID, bytes }) => ({ key: keyOf(role, keyID), bytes }))
    t.is(writeMetadata(metadata.canonical.toString(), signatures).toString(), metadata.bytes.toString())
  })
}

test('each file of the stock client is what the one above promises', (t) => {
  const snapshot = readSnapshot(file('snapshot'))
  for (const [role, meta] of snapshot.signed.meta) t.is(fileProblem(file(role), meta), undefined)
  t.is(fileProblem(snapshot.bytes, readTimestamp(file('timestamp')).signed.snapshot), undefined)
  t.deepEqual([...snapshot.signed.meta.keys()], roles.slice(0, 4))
})

test('a root of the stock client is signed by the keys before it', (t) => {
  const first = readRoot(file('1.root'))
  t.is(first.signed.version, 1)
  t.is(verifySignatures(root, first.signed.roles.root, first.signed.keys).missing, 0)
  t.is(verifySignatures(first, root.signed.roles.root, root.signed.keys).missing, 1)
  const [id = ''] = root.signed.roles.root.keyIDs
  const key = [...root.signed.keys.values()].find((key) => key.id === id)
  t.is(key?.type, 'ecdsa-x509')
  const ids = [
    'cc095249cb3d6786046a0e6189d8d6abae8a2b72cb89f21d516bc4fbd8fb413e',
    '9123f9e510ff1b3e4fb4e130feb4a14906fb9a67a52e7fca3f27ce85911561f4',
  ]
  t.true(key?.type !== undefined && ids.includes(key.canonicalID))
  const leaf = leafOf(key?.type === undefined ? '' : key.bytes)
  t.is(certificateProblem(leaf, { gun: parseGun('localhost:5000/team/app'), now: Date.parse('2026-11-23') }), undefined)
})

test('targets of the stock client are read as they were published', (t) => {
  t.deepEqual([...targets.signed.targets.keys()], ['v1', 'v2', 'with <custom> & "more" \u2028'])
  const custom = targets.signed.targets.get('with <custom> & "more" \u2028')?.custom
  t.is(JSON.stringify(custom), '{"a":null,"b":[true,false,{}],"c":"q\\"b\\\\c é","～":3,"😀":-4}')
  const { keys, roles } = targets.signed.delegations
  t.deepEqual(
    roles.map(({ name, paths, threshold }) => [name as string, paths, threshold]),
    [
      ['targets/releases', [''], 1],
      ['targets/rsa', ['v1.', 'v2.'], 1],
    ],
  )
  const canonicalIDs = [...keys.values()].flatMap((key) => (key.type === undefined ? [] : [key.canonicalID as string]))
  t.deepEqual(canonicalIDs.sort(), [
    '5a2b9d80fb9831619cb7572df4428a8b21b55c0856a02f07f77315a8ca36b19d',
    '710b8732b7c0f801bd3b24fbe21d1075c77398cb589fc265138fce2362c817bb',
  ])
})

function signersOf(role: RoleName) {
  if (isBaseRole(role)) return { keys: root.signed.keys, allowed: root.signed.roles[role] }
  const allowed = targets.signed.delegations.roles.find(({ name }) => isTargetsRole(role) && name === role)
  if (allowed === undefined) throw new Error(`nobody delegates to ${role}`)
  return { keys: targets.signed.delegations.keys, allowed }
}

/** The old root key is not in the new root. */
function keyOf(role: RoleName, id: string): PublicKey {
  const all = [
    ...root.signed.keys.values(),
    ...targets.signed.delegations.keys.values(),
    ...readRoot(file('1.root')).signed.keys.values(),
  ]
  const key = all.find((key) => key.id === id)
  if (key?.type === undefined) throw new Error(`${role} is signed by ${id}, which nobody names`)
  return key
}
