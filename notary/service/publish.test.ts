import test from 'ava'
import type { FileQuery, StoredFile } from '../store/collection-types.ts'
import { fileMetaOf } from '../tuf/file-meta.ts'
import { parseGun } from '../tuf/gun.ts'
import { readRoot, readSnapshot, readTargets, readTimestamp } from '../tuf/read-metadata.ts'
import { parseRole } from '../tuf/role.ts'
import { newKey, testKey } from '../tuf/testing/keys.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import { followCollection } from './testing/check-collection.ts'
import { app, heldKey, refusalOf, send, serviceScene } from './testing/service-scene.ts'
import type { NotaryService } from './types.ts'

async function get(service: NotaryService, query: FileQuery, gun: Gun = app): Promise<StoredFile> {
  const file = await service.file(gun, query)
  if (file === undefined) throw new Error(`there is no ${query.role}`)
  return file
}

/** All that a client would follow, from the timestamp down; fails where something does not match. */
async function follow(service: NotaryService): Promise<ReadonlyMap<RoleName, StoredFile>> {
  const found = await followCollection(service, app)
  if (found === undefined || found.problems.length > 0) throw new Error(found?.problems.join() ?? 'nothing is there')
  return found.files
}

test('a collection that is published is served as it came, with a timestamp of the server', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection()
  const sent = await send(scene.service, collection.addTarget('v1', 'one'))
  const found = await follow(scene.service)
  for (const [role, bytes] of sent) t.deepEqual(found.get(role)?.bytes, bytes, role)
  const root = readRoot(found.get('root')?.bytes ?? Buffer.of()).signed
  const timestamp = readTimestamp(found.get('timestamp')?.bytes ?? Buffer.of())
  t.is(verifySignatures(timestamp, root.roles.timestamp, root.keys).missing, 0)
  t.is(timestamp.signed.version, 1)
  t.is(timestamp.signed.expires, scene.clock.now + 14 * 24 * 60 * 60 * 1000)
})

test('a timestamp that is sent along is not the one that counts', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection()
  const { files } = await collection.edit('timestamp', (json) => ({ ...json, version: 7 })).publish()
  await scene.service.publish(app, files)
  t.is((await get(scene.service, { role: 'timestamp' })).version, 1)
})

test('the server makes the snapshot when its key is here: what was there before stays listed', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  collection.delegate('targets/bob', [newKey('ecdsa')])
  await send(scene.service, collection, ['root', 'targets', 'targets/bob'])
  const first = await follow(scene.service)
  t.is(first.get('snapshot')?.version, 1)
  collection.addTarget('v1', 'one')
  const sent = await send(scene.service, collection, ['targets'])
  const second = await follow(scene.service)
  t.is(second.get('snapshot')?.version, 2)
  t.is(second.get('timestamp')?.version, 2)
  t.deepEqual(second.get('targets')?.bytes, sent.get('targets'))
  t.deepEqual(second.get(parseRole('targets/bob')), first.get(parseRole('targets/bob')))
  t.deepEqual([...second.keys()].sort(), ['root', 'snapshot', 'targets', 'targets/bob', 'timestamp'] as never)
  const root = readRoot(second.get('root')?.bytes ?? Buffer.of()).signed
  const snapshot = readSnapshot(second.get('snapshot')?.bytes ?? Buffer.of())
  t.is(verifySignatures(snapshot, root.roles.snapshot, root.keys).missing, 0)
})

test('the same again changes nothing, and is no error', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection()
  const sent = await send(scene.service, collection)
  const [timestamp, version] = [await get(scene.service, { role: 'timestamp' }), await scene.service.trustVersion(app)]
  await scene.service.publish(app, sent)
  await scene.service.publish(app, new Map())
  t.deepEqual(await get(scene.service, { role: 'timestamp' }), timestamp)
  t.is(await scene.service.trustVersion(app), version)
  t.is((await scene.service.changes({ after: undefined, limit: 9, isReverse: false })).length, 1)
})

test('of two publishers at once one wins; the other is told so and can publish behind it', async (t) => {
  const scene = serviceScene(t)
  const bob = newKey('ecdsa')
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  await send(scene.service, collection.delegate('targets/bob', [bob]), ['root', 'targets', 'targets/bob'])
  const signed = async (target: string): Promise<ReadonlyMap<RoleName, Buffer>> => {
    collection.edit('targets', (json) => ({ ...json, version: 1, targets: {} })).addTarget(target, target)
    const { files } = await collection.publish()
    return new Map([...files].filter(([role]) => role === 'targets'))
  }
  const [first, second] = [await signed('mine'), await signed('yours')]
  const outcomes = await Promise.all([first, second].map((files) => refusalOf(scene.service.publish(app, files))))
  t.is(outcomes[0], undefined)
  t.regex(outcomes[1] ?? '', /^VERSION ErrValidation publish conflict: targets version 2 was published meanwhile; /)
  const found = await follow(scene.service)
  const { targets } = readTargets(found.get('targets')?.bytes ?? Buffer.of()).signed
  t.true(targets.has('mine'))
  t.false(targets.has('yours'))
})

test('a role that a client leaves out of its snapshot is gone, and comes back with newer versions only', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection()
  const bob = newKey('ecdsa')
  await send(scene.service, collection.delegate('targets/bob', [bob]))
  collection.drop(parseRole('targets/bob'))
  collection.edit('targets', (json) => ({ ...json, delegations: { keys: {}, roles: [] }, version: 2 }))
  await send(scene.service, collection, ['targets', 'snapshot'])
  t.is(await scene.service.file(app, { role: parseRole('targets/bob') }), undefined)
  collection.delegate('targets/bob', [bob])
  t.regex((await refusalOf(send(scene.service, collection))) ?? '', /^VERSION .*targets\/bob version 1/)
})

test('keys: the one in the root if it is held, else the one that is next; a rotated one counts with its root', async (t) => {
  const scene = serviceScene(t)
  const { service } = scene
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  const first = await service.key(app, 'timestamp')
  t.is((await service.key(app, 'timestamp')).id, first.id, 'the same before anything is published')
  await send(service, collection, ['root', 'targets'])
  t.is((await service.key(app, 'timestamp')).id, first.id)
  const next = await service.rotateKey(app, 'timestamp')
  t.not(next.id, first.id)
  t.is((await service.rotateKey(app, 'timestamp')).id, next.id, 'who asks twice gets the same')
  t.is((await service.key(app, 'timestamp')).id, first.id, 'not in the root yet')
  const privateKey = scene.signer.keys.get(next.id)
  if (privateKey === undefined) throw new Error('not held')
  collection.rotate('timestamp', [testKey(privateKey, next)])
  await send(service, collection, ['root'])
  t.is((await service.key(app, 'timestamp')).id, next.id)
  const found = await follow(service)
  const root = readRoot(found.get('root')?.bytes ?? Buffer.of()).signed
  const timestamp = readTimestamp(found.get('timestamp')?.bytes ?? Buffer.of())
  t.is(verifySignatures(timestamp, root.roles.timestamp, root.keys).missing, 0)
  t.is(timestamp.signatures[0]?.keyID, next.id)
})

test('keys of the snapshot role go to the server with the root that says so', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection()
  await send(scene.service, collection)
  collection.rotate('snapshot', [await heldKey(scene, app, 'snapshot')])
  await send(scene.service, collection, ['root'])
  const found = await follow(scene.service)
  t.is(found.get('snapshot')?.version, 2)
  collection.addTarget('v1', 'one')
  await send(scene.service, collection, ['targets'])
  t.is((await follow(scene.service)).get('snapshot')?.version, 3)
})

test('keys that the server holds for a collection sign nothing for another one, whose root names them', async (t) => {
  const scene = serviceScene(t)
  await send(scene.service, await scene.collection({ held: ['timestamp', 'snapshot'] }))
  const signed = scene.signer.signatures()
  const keys = { timestamp: await heldKey(scene, app, 'timestamp'), snapshot: await heldKey(scene, app, 'snapshot') }
  const mine = { gun: 'localhost:5000/team/mine' }
  for (const [role, held, problem] of [
    ['timestamp', 'snapshot', 'INVALID_UPDATE ErrBadRoot no  timestamp keys exist on the server'],
    ['snapshot', 'timestamp', 'INVALID_UPDATE ErrBadHierarchy no snapshot was included in update'],
  ] as const) {
    const collection = await scene.collection({ ...mine, held: [held], keys: { [role]: [keys[role]] } })
    const told = await refusalOf(send(scene.service, collection, ['root', 'targets']))
    t.true(told?.startsWith(problem), told)
  }
  t.is(scene.signer.signatures(), signed)
  t.is(await scene.service.file(parseGun(mine.gun), { role: 'root' }), undefined)
})

test('names that there are not get keys, but not without end', async (t) => {
  const scene = serviceScene(t, { limits: { newNames: 2 } })
  const key = async (gun: string): Promise<string | undefined> => {
    const collection = scene.collection({ gun, held: ['timestamp', 'snapshot'] })
    return refusalOf(collection)
  }
  t.is(await key('a'), undefined)
  t.is(await key('b'), undefined)
  t.regex((await key('c')) ?? '', /^TOO_MANY_REQUESTS /)
  t.is(await key('a'), undefined, 'who has them already')
  t.is(scene.signer.keys.size, 4)
  scene.clock.now += 60 * 60 * 1000
  t.is(await key('c'), undefined)
})

test('a collection that is removed is gone, and may begin anew', async (t) => {
  const scene = serviceScene(t)
  await send(scene.service, await scene.collection())
  await scene.service.remove(app)
  t.is(await scene.service.file(app, { role: 'timestamp' }), undefined)
  t.is(scene.service.peekTimestamp(app), undefined)
  t.is(await scene.service.trustVersion(app), undefined)
  t.is((await scene.service.signedDigests(app)).size, 0)
  t.is(scene.service.minRemainingValidity(), undefined)
  await scene.service.remove(app)
  const again = await send(scene.service, await scene.collection())
  t.deepEqual((await follow(scene.service)).get('root')?.bytes, again.get('root'))
  const changes = await scene.service.changes({ after: undefined, limit: 9, isReverse: false })
  t.deepEqual(
    changes.map(({ category }) => category),
    ['update', 'deletion', 'update'],
  )
})

test('digests of all targets that can be reached, and of no others', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  const bob = newKey('ecdsa')
  const digest = (text: string): string => fileMetaOf(Buffer.from(text)).sha256.toString('hex')
  collection
    .delegate('targets/bob', [bob])
    .addTarget('v1', 'one')
    .addTarget('v2', 'two', parseRole('targets/bob') as never)
  await send(scene.service, collection, ['root', 'targets', 'targets/bob'])
  t.deepEqual([...(await scene.service.signedDigests(app)).keys()].sort(), [digest('one'), digest('two')].sort())
  collection.edit('targets', (json) => ({ ...json, delegations: { keys: {}, roles: [] }, version: 2 }))
  await send(scene.service, collection, ['targets'])
  t.deepEqual([...(await scene.service.signedDigests(app)).keys()], [digest('one')])
})

test('what is in memory is told at once, and what is expired is not', async (t) => {
  const scene = serviceScene(t)
  t.is(scene.service.peekTimestamp(app), undefined)
  await send(scene.service, await scene.collection())
  t.deepEqual(scene.service.peekTimestamp(app), await scene.service.file(app, { role: 'timestamp' }))
  scene.clock.now += 15 * 24 * 60 * 60 * 1000
  t.is(scene.service.peekTimestamp(app), undefined)
})
