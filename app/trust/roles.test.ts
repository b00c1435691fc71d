import test from 'ava'
import { signAll } from '../../notary/client/changes/seal.ts'
import type { Change } from '../../notary/client/changes/types.ts'
import { differenceOf } from '../../notary/client/pending/difference.ts'
import { readPending, writePending } from '../../notary/client/pending/pending-file.ts'
import { unsignedOf } from '../../notary/client/pending/unsigned-of.ts'
import { addSigner, releases, removeSigner, roleOfSigner } from '../../notary/client/plans/signers.ts'
import { type Published, type PublishOptions, prepare, publish, publishSigned } from '../../notary/client/publish.ts'
import { generateKey } from '../../notary/keys/key-ring.ts'
import type { DelegationName, PublicKey } from '../../notary/tuf/types.ts'
import { resolveTarget } from '../../notary/verifier/resolve.ts'
import { type Changes, planToChange } from './change.ts'
import { type RotateRequest, rotation } from './rotate.ts'
import { publishingOf, type TrustSession, trustedCollection } from './session.ts'
import { planToSign, signTags } from './sign.ts'
import { content, gun, type TrustScene, trustScene } from './testing/trust-scene.ts'

const change = async (session: TrustSession, changes: Changes, options?: PublishOptions): Promise<Published> =>
  publish(publishingOf(session, gun), planToChange(gun, changes), options)

const sign = async (session: TrustSession, tag: string, digit: string): Promise<unknown> =>
  signTags(session, { gun, tags: new Map([[tag, content(digit)]]) })

const rotate = async (session: TrustSession, request: Omit<RotateRequest, 'gun'>): Promise<Published> =>
  change(session, rotation(session, { gun, ...request }))

async function meaning(session: TrustSession, tag: string): Promise<string | undefined> {
  return resolveTarget(await trustedCollection(session, gun), tag)
    ?.target.sha256.toString('hex')
    .slice(0, 1)
}

async function newKey({ ring }: TrustSession, role: string): Promise<PublicKey> {
  return (await generateKey(ring, { role, gun: undefined })).key
}

/** An owner with a signed tag, and signers of these names. */
async function withSigners(
  scene: TrustScene,
  ...names: readonly string[]
): Promise<readonly [TrustSession, ...TrustSession[]]> {
  const owner = scene.person()
  await sign(owner, 'v0', '0')
  const people: TrustSession[] = []
  for (const name of names) {
    const person = scene.person()
    people.push(person)
    await change(owner, addSigner(name, [await newKey(person, name)]))
  }
  return [owner, ...people]
}

test('a signer goes, and what he signed is signed again by another who is here', async (t) => {
  const scene = trustScene(t)
  const [owner, bob, eve] = await withSigners(scene, 'bob', 'eve')
  if (bob === undefined || eve === undefined) return t.fail()
  await sign(bob, 'v1', 'a')
  const remove = async (session: TrustSession, options?: PublishOptions): Promise<Published> =>
    change(session, ({ collection }) => removeSigner(collection, 'bob').changes, options)
  const failure = await t.throwsAsync(remove(owner), { code: 'TRUST_INCOMPLETE' })
  t.regex(failure?.message ?? '', /what targets\/releases signed would not count any more/)
  t.is(await meaning(scene.person(), 'v1'), 'a')
  await change(eve, [{ kind: 'witness', role: releases }])
  await remove(owner)
  t.is(await meaning(scene.person(), 'v1'), 'a')
  await t.throwsAsync(sign(bob, 'v2', 'b'), { code: 'TRUST_INCOMPLETE' })
  await sign(eve, 'v2', 'b')
})

test('a signer goes by force, and his tags cannot be pulled until somebody signs them again', async (t) => {
  const scene = trustScene(t)
  const [owner, bob, eve] = await withSigners(scene, 'bob', 'eve')
  if (bob === undefined || eve === undefined) return t.fail()
  await sign(bob, 'v1', 'a')
  await change(owner, ({ collection }) => removeSigner(collection, 'bob').changes, { leavesStale: true })
  await t.throwsAsync(meaning(scene.person(), 'v1'), { code: 'TRUST_SIGNATURES' })
  await change(eve, [{ kind: 'witness', role: releases }])
  t.is(await meaning(scene.person(), 'v1'), 'a')
})

test('the last signer takes the releases with him', async (t) => {
  const scene = trustScene(t)
  const [owner, bob] = await withSigners(scene, 'bob')
  if (bob === undefined) return t.fail()
  await sign(bob, 'v1', 'a')
  const { collection } = await change(owner, ({ collection: now }) => {
    const { changes, isLast } = removeSigner(now, 'bob')
    t.true(isLast)
    return changes
  })
  t.deepEqual(collection.targets.get('targets')?.signed.delegations.roles, [])
  t.is(collection.targets.get('targets')?.signed.delegations.keys.size, 0)
  t.is(await meaning(scene.person(), 'v1'), undefined)
  await sign(owner, 'v1', 'b')
  t.throws(() => removeSigner(collection, 'bob'), { code: 'TRUST_CHANGE_INVALID' })
})

test('a role signs what begins with its paths, and a role below it by its own keys', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, 'v0', '0')
  const [dev, sub] = [roleOfSigner('dev'), 'targets/dev/sub' as DelegationName]
  const key = await newKey(owner, 'dev')
  await change(owner, [{ kind: 'delegate', name: dev, addKeys: [key], addPaths: ['dev-', 'test-'] }])
  const add = (name: string, role: DelegationName): Change => {
    const { size, digest } = content('a')
    return { kind: 'add-target', role, name, target: { length: size, sha256: Buffer.from(digest.slice(7), 'hex') } }
  }
  await t.throwsAsync(change(owner, [add('v1', dev)]), {
    code: 'TRUST_CHANGE_INVALID',
    message: /targets\/dev may not sign "v1"/,
  })
  await change(owner, [add('dev-1', dev)])
  const below: Change = { kind: 'delegate', name: sub, addKeys: [await newKey(owner, 'sub')], addPaths: ['dev-sub'] }
  const { collection } = await change(owner, [below, add('dev-sub-1', sub)])
  t.deepEqual([...collection.targets.keys()].toSorted(), ['targets', dev, sub])
  const { collection: narrowed } = await change(owner, [{ kind: 'delegate', name: dev, removePaths: ['test-'] }])
  t.deepEqual(narrowed.targets.get('targets')?.signed.delegations.roles[0]?.paths, ['dev-'])
  const { collection: without } = await change(owner, [{ kind: 'remove-delegation', name: dev }])
  t.deepEqual([...without.targets.keys()], ['targets'])
})

test('a role is never left with fewer keys than must sign it', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, 'v0', '0')
  const name = roleOfSigner('dev')
  const [a, b] = [await newKey(owner, 'a'), await newKey(owner, 'b')]
  const refused = { code: 'TRUST_CHANGE_INVALID' } as const
  await t.throwsAsync(change(owner, [{ kind: 'delegate', name, addPaths: [''] }]), refused)
  await t.throwsAsync(change(owner, [{ kind: 'delegate', name, addKeys: [a], threshold: 2 }]), refused)
  await change(owner, [{ kind: 'delegate', name, addKeys: [a, b], addPaths: [''], threshold: 2 }])
  await t.throwsAsync(change(owner, [{ kind: 'delegate', name, removeKeys: [a.id] }]), refused)
  await t.throwsAsync(change(owner, [{ kind: 'purge-key', role: 'targets', key: a.id }]), refused)
  await change(owner, [{ kind: 'delegate', name, removeKeys: [a.id], threshold: 1 }])
  await t.throwsAsync(change(owner, [{ kind: 'remove-delegation', name: roleOfSigner('nobody') }]), refused)
})

test('what two must sign goes from one to the other', async (t) => {
  const scene = trustScene(t)
  const [owner, bob, eve] = await withSigners(scene, 'bob', 'eve')
  if (bob === undefined || eve === undefined) return t.fail()
  await change(owner, [{ kind: 'delegate', name: releases, threshold: 2 }])
  await t.throwsAsync(sign(bob, 'v1', 'a'), {
    code: 'TRUST_INCOMPLETE',
    message: /targets\/releases needs one signature more/,
  })
  const plan = planToSign(bob, { gun, tags: new Map([['v1', content('a')]]), roles: [releases] })
  const first = await prepare(publishingOf(bob, gun), plan)
  if (first === undefined) return t.fail()
  t.deepEqual(
    first.missing.map(({ role, missing, isStale }) => [role, missing, isStale]),
    [[releases, 1, false]],
  )
  const pending = readPending(Buffer.from(writePending(gun, first.files)))
  const now = scene.clock.now
  const seen = await trustedCollection(eve, gun)
  t.deepEqual(differenceOf(pending, seen), [`targets/releases: signs "v1" as sha256:${'a'.repeat(64)} (510 bytes)`])
  const unsigned = unsignedOf(pending, seen, { now })
  const signatures = new Map([...pending.files].map(([role, file]) => [role, file.signatures]))
  const lonely = await signAll(unsigned, bob.keys, signatures)
  await t.throwsAsync(publishSigned(publishingOf(bob, gun), unsigned, lonely), { code: 'TRUST_INCOMPLETE' })
  const both = await signAll(unsigned, eve.keys, signatures)
  t.deepEqual(both.missing, [])
  await publishSigned(publishingOf(eve, gun), unsigned, both)
  t.is(await meaning(scene.person(), 'v1'), 'a')
  t.throws(() => unsignedOf(pending, seen, { now: now + 4 * 365 * 86_400_000 }), { code: 'TRUST_PENDING_INVALID' })
  const after = await trustedCollection(eve, gun)
  t.throws(() => unsignedOf(pending, after, { now }), { code: 'TRUST_PENDING_INVALID' })
})

test('a file of what is pending is read strictly', (t) => {
  const refuse = (text: string): void =>
    void t.throws(() => readPending(Buffer.from(text)), { code: 'TRUST_PENDING_INVALID' }, text)
  refuse('')
  refuse('[]')
  refuse('{"format":"other","gun":"a/b","files":{}}')
  refuse('{"format":"ibuild-trust-pending-1","gun":"a/b","files":{}}')
  refuse('{"format":"ibuild-trust-pending-1","gun":"../b","files":{"targets":{}}}')
  refuse('{"format":"ibuild-trust-pending-1","gun":"a/b","files":{"timestamp":{}}}')
  refuse('{"format":"ibuild-trust-pending-1","gun":"a/b","files":{"../x":{}}}')
  refuse('{"format":"ibuild-trust-pending-1","gun":"a/b","files":{"targets":{"signed":{},"signatures":[]}}}')
})

test('each of the four roles gets another key, and all who know the collection follow', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, 'v0', '0')
  const reader = scene.person()
  t.is(await meaning(reader, 'v0'), '0')
  const keysOf = async (): Promise<readonly string[]> => {
    const { root } = await trustedCollection(owner, gun)
    return Object.values(root.signed.roles).flatMap(({ keyIDs }) => keyIDs)
  }
  const before = await keysOf()
  await rotate(owner, { role: 'root', by: 'local' })
  await rotate(owner, { role: 'targets', by: 'local' })
  await rotate(owner, { role: 'snapshot', by: 'server' })
  await rotate(owner, { role: 'timestamp', by: 'server' })
  await rotate(owner, { role: 'snapshot', by: 'local' })
  t.deepEqual(
    (await keysOf()).filter((id) => before.includes(id)),
    [],
  )
  t.is(await meaning(reader, 'v0'), '0')
  t.is((await trustedCollection(reader, gun)).root.signed.version, 6)
  await sign(owner, 'v1', 'a')
  t.is(await meaning(reader, 'v1'), 'a')
  await rotate(owner, { role: 'snapshot', by: 'server' })
  t.is(await meaning(reader, 'v1'), 'a')
})

test('with several root keys and a threshold, one that is lost is replaced by the others', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, 'v0', '0')
  const reader = scene.person()
  t.is(await meaning(reader, 'v0'), '0')
  const [first] = (await owner.ring.store.list()).filter(({ role }) => role === 'root')
  const spare = await newKey(owner, 'root')
  const third = await newKey(owner, 'root')
  await rotate(owner, { role: 'root', by: 'local', keys: [spare.canonicalID, third.canonicalID], isAdded: true })
  const { collection } = await rotate(owner, { role: 'root', by: 'local', threshold: 2 })
  t.deepEqual([collection.root.signed.roles.root.keyIDs.length, collection.root.signed.roles.root.threshold], [3, 2])
  t.is(collection.signers.get('root')?.size, 3)
  await owner.ring.store.remove(first?.id ?? spare.id)
  const other = scene.person({ ring: owner.ring })
  const { collection: after } = await rotate(other, {
    role: 'root',
    by: 'local',
    removed: () => (first ? [first.id] : []),
  })
  t.deepEqual([after.root.signed.roles.root.keyIDs.length, after.root.signed.roles.root.threshold], [2, 2])
  t.is(await meaning(reader, 'v0'), '0')
  await owner.ring.store.remove(spare.canonicalID)
  await t.throwsAsync(rotate(scene.person({ ring: owner.ring }), { role: 'targets', by: 'local' }), {
    code: 'TRUST_INCOMPLETE',
  })
  await t.throwsAsync(rotate(other, { role: 'root', by: 'local', threshold: 5 }), { code: 'TRUST_CHANGE_INVALID' })
})

test('who signs gets hold of what is over its time, to sign it again; nobody else does', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, 'v0', '0')
  scene.clock.now += 4 * 365 * 86_400_000
  await t.throwsAsync(trustedCollection(owner, gun), { code: 'TRUST_EXPIRED' })
  await t.throwsAsync(change(owner, [{ kind: 'witness', role: 'targets' }]), { code: 'TRUST_EXPIRED' })
  await change({ ...owner, acceptsExpired: true }, [{ kind: 'witness', role: 'targets' }])
  t.is(await meaning(scene.person(), 'v0'), '0')
})
