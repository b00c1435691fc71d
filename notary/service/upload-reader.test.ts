import test from 'ava'
import { parseRole } from '../tuf/role.ts'
import { newKey } from '../tuf/testing/keys.ts'
import { malformed, unreadable } from '../tuf/testing/mutations.ts'
import { readUpload } from './read-upload.ts'
import { followCollection } from './testing/check-collection.ts'
import { app, refusalOf, send, serviceScene } from './testing/service-scene.ts'
import { UploadReader } from './upload-reader.ts'

/** Makes a file so large that a thread reads it. */
const padding = 'x'.repeat(100_000)

test('a large file is read by a thread as it is read here, keys of delegations included', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection()
  const bob = [newKey('ecdsa'), newKey('rsa'), newKey('ed25519'), newKey('ecdsa-x509', { commonName: 'bob' })]
  collection.delegate('targets/bob', bob, { threshold: 2 }).addTarget('v1', 'one', 'targets', padding)
  const bytes = (await collection.publish()).files.get('targets') ?? Buffer.of()
  const reader = new UploadReader()
  t.teardown(() => reader.close())
  const here = readUpload('targets', bytes, 10)
  const there = await reader.read('targets', bytes, 10)
  if ('problem' in here || 'problem' in there) return t.fail('not read')
  if (here.signed.type !== 'Targets' || there.signed.type !== 'Targets') return t.fail('read as something else')
  t.deepEqual({ ...there, signed: 0 }, { ...here, signed: 0 })
  t.deepEqual(there.signed.delegations.roles, here.signed.delegations.roles)
  for (const [id, key] of here.signed.delegations.keys) {
    const other = there.signed.delegations.keys.get(id)
    if (key.type === undefined || other?.type === undefined) return t.fail(id)
    t.deepEqual({ ...other, object: 0 }, { ...key, object: 0 })
    t.true(other.object.equals(key.object))
  }
  t.deepEqual(await reader.read('targets', bytes, 0), { problem: 'targets lists 1 targets, more than 0', isJson: true })
})

test('large files are published, with delegations that sign behind them', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  collection.delegate('targets/bob', [newKey('ecdsa')]).addTarget('v1', 'one', 'targets', padding)
  await send(scene.service, collection, ['root', 'targets'])
  collection.edit(parseRole('targets/bob'), (json) => json)
  await send(scene.service, collection, ['targets/bob'])
  t.deepEqual((await followCollection(scene.service, app))?.problems, [])
  collection.addTarget('v2', 'two').signWith('targets', [newKey('ecdsa')])
  t.is(
    await refusalOf(send(scene.service, collection, ['targets'])),
    'INVALID_UPDATE ErrBadTargets valid signatures did not meet threshold for targets',
  )
})

test('what is wrong with a large file is told as of a small one', async (t) => {
  const scene = serviceScene(t)
  const reader = new UploadReader()
  t.teardown(() => reader.close())
  for (const mutation of [...unreadable, ...malformed]) {
    const collection = (await scene.collection()).addTarget('v1', 'one', 'targets', padding)
    mutation.apply(collection, 'targets')
    const bytes = (await collection.publish()).files.get('targets') ?? Buffer.of()
    const here = readUpload('targets', bytes, 10)
    t.true('problem' in here, mutation.name)
    t.deepEqual(await reader.read('targets', bytes, 10), here, mutation.name)
  }
})
