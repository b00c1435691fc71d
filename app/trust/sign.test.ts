import test from 'ava'
import { rolesToRenew } from '../../notary/client/changes/roles-to-renew.ts'
import { addSigner } from '../../notary/client/plans/signers.ts'
import { publish } from '../../notary/client/publish.ts'
import { generateKey } from '../../notary/keys/key-ring.ts'
import type { PublicKey, TargetsRole } from '../../notary/tuf/types.ts'
import { resolveTarget } from '../../notary/verifier/resolve.ts'
import { planToChange } from './change.ts'
import { revokeTags } from './revoke.ts'
import { publishingOf, type TrustSession, trustedCollection } from './session.ts'
import { type Content, type Signed, signTags } from './sign.ts'
import { content, gun, newRing, trustScene } from './testing/trust-scene.ts'

const sign = async (session: TrustSession, tags: Readonly<Record<string, Content>>): Promise<Signed> =>
  signTags(session, { gun, tags: new Map(Object.entries(tags)) })

const rolesOf = (signed: Signed, tag: string): TargetsRole[] =>
  (signed.signatures.get(tag) ?? []).map(({ role }) => role)

async function meaning(session: TrustSession, tag: string): Promise<string | undefined> {
  return resolveTarget(await trustedCollection(session, gun), tag)?.target.sha256.toString('hex')
}

/** Lets somebody sign; gives his key. */
async function addBob(owner: TrustSession, bob: TrustSession, name = 'bob'): Promise<PublicKey> {
  const { key } = await generateKey(bob.ring, { role: name, gun: undefined })
  await publish(publishingOf(owner, gun), planToChange(gun, addSigner(name, [key])))
  return key
}

test('the first tag makes the collection, with keys of ours and of the server', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  const signed = await sign(owner, { v1: content('a'), v2: content('b') })
  t.true(signed.isChanged)
  t.deepEqual(rolesOf(signed, 'v1'), ['targets'])
  const stored = await owner.ring.store.list()
  t.deepEqual(stored.map(({ role, gun: of }) => `${role} ${of}`).toSorted(), ['root undefined', `targets ${gun}`])
  const reader = scene.person()
  t.is(await meaning(reader, 'v2'), 'b'.repeat(64))
  const { root, targets, snapshot, timestamp } = await trustedCollection(reader, gun)
  t.deepEqual(
    [root, targets.get('targets'), snapshot, timestamp].map((file) => file?.signed.version),
    [1, 1, 1, 1],
  )
})

test('what is signed already is not published again; another meaning is', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, { v1: content('a') })
  t.false((await sign(owner, { v1: content('a') })).isChanged)
  t.true((await sign(owner, { v1: content('b') })).isChanged)
  t.is(await meaning(owner, 'v1'), 'b'.repeat(64))
})

test('a digest of another algorithm is not signed', async (t) => {
  const owner = trustScene(t).person()
  const digest = `sha512:${'a'.repeat(128)}` as Content['digest']
  await t.throwsAsync(sign(owner, { v1: { digest, size: 1 } }), { code: 'DIGEST_INVALID' })
})

test('signers sign in their role and in releases, and need no key of the owner', async (t) => {
  const scene = trustScene(t)
  const [owner, bob] = [scene.person(), scene.person()]
  await sign(owner, { v1: content('a') })
  await addBob(owner, bob)
  const signed = await sign(bob, { v1: content('b') })
  t.deepEqual(rolesOf(signed, 'v1'), ['targets', 'targets/bob', 'targets/releases'])
  t.is(await meaning(scene.person(), 'v1'), 'b'.repeat(64))
})

test('who has no key that may sign is told who may', async (t) => {
  const scene = trustScene(t)
  const [owner, bob] = [scene.person(), scene.person()]
  await sign(owner, { v1: content('a') })
  const failure = await t.throwsAsync(sign(scene.person(), { v1: content('b') }), { code: 'TRUST_INCOMPLETE' })
  t.regex(failure?.message ?? '', /targets needs one signature more, by [0-9a-f]{12}$/)
  await addBob(owner, bob)
  const other = await t.throwsAsync(sign(scene.person(), { v1: content('b') }), { code: 'TRUST_INCOMPLETE' })
  t.regex(String(other && 'hint' in other ? other.hint : ''), /It is signed by targets\/bob, targets\/releases\./)
})

test('of two who publish at once both tags are there, and nobody sees an error', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, { v0: content('0') })
  const people = [1, 2, 3, 4].map(() => scene.person({ ring: owner.ring }))
  await Promise.all(people.map(async (each, i) => sign(each, { [`v${i + 1}`]: content(String(i + 1)) })))
  const names = [...((await trustedCollection(owner, gun)).targets.get('targets')?.signed.targets.keys() ?? [])]
  t.deepEqual(names.toSorted(), ['v0', 'v1', 'v2', 'v3', 'v4'])
})

test('who is overtaken begins again on what the other published', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, { v0: content('0') })
  let tries = 0
  const slow = scene.person({
    ring: owner.ring,
    publisher: (real) => ({
      ...real,
      async publish(name, files) {
        tries += 1
        if (tries === 1) await sign(owner, { v1: content('1') })
        await real.publish(name, files)
      },
    }),
  })
  await sign(slow, { v2: content('2') })
  t.is(tries, 2)
  t.is(await meaning(slow, 'v1'), '1'.repeat(64))
  t.is(await meaning(owner, 'v2'), '2'.repeat(64))
})

test('who is overtaken each time gives up, with nothing published', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, { v0: content('0') })
  let count = 0
  const unlucky = scene.person({
    ring: owner.ring,
    publisher: (real) => ({
      ...real,
      async publish(name, files) {
        count += 1
        await sign(owner, { v0: content((count % 9).toString()) })
        await real.publish(name, files)
      },
    }),
  })
  await t.throwsAsync(sign(unlucky, { v1: content('a') }), { code: 'TRUST_CONFLICT' })
  t.is(await meaning(owner, 'v1'), undefined)
})

test('a server that refuses says why, once', async (t) => {
  const scene = trustScene(t)
  let tries = 0
  const person = scene.person({
    publisher: (real) => ({
      ...real,
      publish: async (name, files) => {
        tries += 1
        await real.publish(name, new Map([...files].filter(([role]) => role !== 'targets')))
      },
    }),
  })
  await t.throwsAsync(sign(person, { v1: content('a') }), { code: 'TRUST_REJECTED' })
  t.is(tries, 1)
})

test('a collection that was seen and is gone is not made anew', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person()
  await sign(owner, { v1: content('a') })
  await scene.service.remove(gun)
  await t.throwsAsync(sign(owner, { v1: content('a') }), { code: 'TRUST_NO_DATA' })
  t.is(await scene.service.file(gun, { role: 'root' }), undefined)
})

test('with several root keys nobody guesses which one is meant', async (t) => {
  const owner = trustScene(t).person()
  await generateKey(owner.ring, { role: 'root', gun: undefined })
  const { key } = await generateKey(owner.ring, { role: 'root', gun: undefined })
  await t.throwsAsync(sign(owner, { v1: content('a') }), { code: 'USAGE' })
  await signTags(owner, { gun, tags: new Map([['v1', content('a')]]), create: { rootKeys: [key.canonicalID] } })
  const { root } = await trustedCollection(owner, gun)
  t.deepEqual(
    [...root.signed.keys.values()]
      .filter(({ id }) => root.signed.roles.root.keyIDs.includes(id))
      .map((each) => each.type && each.canonicalID),
    [key.canonicalID],
  )
})

test('whoever has the root key knows his collection, others name it or believe the first', async (t) => {
  const scene = trustScene(t)
  const owner = scene.person({ allowsFirstUse: false })
  await sign(owner, { v1: content('a') })
  const sameKeys = scene.person({ ring: owner.ring, allowsFirstUse: false })
  t.is(await meaning(sameKeys, 'v1'), 'a'.repeat(64))
  await t.throwsAsync(meaning(scene.person({ allowsFirstUse: false }), 'v1'), { code: 'TRUST_PIN' })
  const otherRoot = newRing()
  await generateKey(otherRoot, { role: 'root', gun: undefined })
  await t.throwsAsync(meaning(scene.person({ ring: otherRoot, allowsFirstUse: false }), 'v1'), { code: 'TRUST_PIN' })
})

test('a tag goes from all roles that sign it, and who signs it still is told', async (t) => {
  const scene = trustScene(t)
  const [owner, bob] = [scene.person(), scene.person()]
  await sign(owner, { v1: content('a'), v2: content('a') })
  await addBob(owner, bob)
  await sign(bob, { v1: content('a') })
  t.deepEqual(await revokeTags(bob, { gun, names: ['v1'] }), ['targets'])
  t.is(await meaning(owner, 'v1'), 'a'.repeat(64))
  t.deepEqual(await revokeTags(owner, { gun, names: ['v1'] }), [])
  t.is(await meaning(owner, 'v1'), undefined)
  t.is(await meaning(owner, 'v2'), 'a'.repeat(64))
  await t.throwsAsync(revokeTags(owner, { gun, names: ['v1'] }), { code: 'TRUST_NOT_SIGNED' })
  await t.throwsAsync(revokeTags(scene.person(), { gun, names: ['v2'] }), { code: 'TRUST_INCOMPLETE' })
})

test('what is over its time soon is signed again by who has the keys, and whose passphrase is known', async (t) => {
  const scene = trustScene(t)
  const [owner, bob] = [scene.person(), scene.person()]
  await sign(owner, { v1: content('a') })
  await addBob(owner, bob)
  await sign(bob, { v1: content('a') })
  const collection = await trustedCollection(owner, gun)
  const now = scene.clock.now + 1000 * 86_400_000
  const due = async ({ keys }: TrustSession, at = now): Promise<unknown> => rolesToRenew(collection, { keys, now: at })
  t.deepEqual(await due(owner), ['targets'])
  t.deepEqual(await due(bob), ['targets/bob', 'targets/releases'])
  t.deepEqual(await due(scene.person({ ring: { store: owner.ring.store, ask: async () => undefined } })), [])
  t.deepEqual(await due(owner, scene.clock.now), [])
})
