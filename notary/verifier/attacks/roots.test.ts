import test from 'ava'
import { fileMetaJson, fileMetaOf } from '../../tuf/file-meta.ts'
import { TestCollection } from '../../tuf/testing/collection.ts'
import { certified, newKey } from '../../tuf/testing/keys.ts'
import { offsetVersion, rootThreshold } from '../../tuf/testing/mutations.ts'
import { limits } from '../limits.ts'
import { newStage, type Stage, testAttack } from '../testing/attack.ts'
import { newScene } from '../testing/scene.ts'

const gun = 'localhost:5000/team/app'
const rootKey = () => newKey('ecdsa-x509', { commonName: gun })

/** The next root has another root key. */
async function rotateRoot(
  stage: Stage,
  change: (collection: TestCollection) => unknown = () => undefined,
): Promise<void> {
  stage.collection.rotate('root', [rootKey()])
  change(stage.collection)
  await stage.publishNext()
}

testAttack({
  name: 'root: another key, signed by the old and the new one',
  serve: (stage) => rotateRoot(stage),
  expect: { code: undefined, trustedAfter: { root: 2, timestamp: 4, snapshot: 4, targets: 4, 'targets/releases': 4 } },
})

testAttack({
  name: 'root: another key, not signed by the old one (5.3.4)',
  clients: ['cached'],
  serve: (stage) => rotateRoot(stage, (collection) => collection.signWith('root', collection.keysOf('root'))),
  expect: { code: 'TRUST_ROOT_CHANGED', role: 'root', step: 'rotation' },
})

testAttack({
  name: 'root: another key, signed by the old one alone (5.3.4)',
  serve: (stage) => {
    const old = stage.collection.keysOf('root')
    return rotateRoot(stage, (collection) => collection.signWith('root', old))
  },
  expect: { code: 'TRUST_SIGNATURES', role: 'root', step: 'signatures' },
})

testAttack({
  name: 'root: a version is left out, signed by the old and the new key (5.3.5)',
  clients: ['cached'],
  serve: async (stage) => {
    await rotateRoot(stage)
    offsetVersion(1).apply(stage.collection, 'root')
    const { files } = await stage.collection.publish({ keepVersions: true })
    const root = files.get('root')
    if (root !== undefined) stage.source.files.set('2.root.json', root)
  },
  expect: { code: 'TRUST_MISMATCH', role: 'root', step: 'version' },
})

testAttack({
  name: 'root: the version before, under the next number',
  clients: ['cached'],
  serve: async (stage) => stage.source.files.set('2.root.json', stage.history[2].files.get('root') ?? Buffer.of()),
  expect: { code: 'TRUST_MISMATCH', role: 'root', step: 'version' },
})

test('root: a server that is set back to the root before is refused, whoever signs timestamp and snapshot', async (t) => {
  const stage = await newStage('cached')
  await stage.publishNext()
  await rotateRoot(stage)
  await stage.refresh()
  const old = stage.history[2].files.get('root') ?? Buffer.of()
  const { files } = await stage.publishNext()
  stage.source.answer = (name) => (name === 'root.json' ? Promise.resolve(old) : undefined)
  stage.collection.promise('root', () => fileMetaJson(fileMetaOf(old)))
  t.true(files.has('root'))
  stage.source.serve(await stage.collection.publish())
  await t.throwsAsync(stage.refresh(), {
    code: 'TRUST_ROLLBACK',
    message: /root: the snapshot is for version 1, but 2 was trusted before/,
  })
  t.is((await stage.trusted())['root'], 2)
})

testAttack({
  name: 'root: more signatures are wanted than there are keys',
  clients: ['fresh'],
  serve: async (stage) => {
    rootThreshold('root', 5).apply(stage.collection, 'root')
    stage.source.serve(await stage.collection.publish({ keepVersions: true }))
  },
  expect: { code: 'TRUST_METADATA_INVALID', role: 'root', step: 'read' },
})

for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
  testAttack({
    name: `root: threshold 0 for ${role}`,
    clients: ['fresh'],
    serve: async (stage) => {
      rootThreshold(role, 0).apply(stage.collection, 'root')
      stage.source.serve(await stage.collection.publish({ keepVersions: true }))
    },
    expect: { code: 'TRUST_METADATA_INVALID', role: 'root', step: 'read' },
  })
}

/** A collection whose role has two keys of which both must sign, of which one may only look like two. */
for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
  const two = () => (role === 'root' ? [rootKey(), rootKey()] : [newKey('ecdsa'), newKey('ed25519')])
  const made = (): TestCollection => new TestCollection({ keys: { [role]: two() }, thresholds: { [role]: 2 } })

  test(`${role}: two signatures are wanted and there`, async (t) => {
    const collection = made()
    await t.notThrowsAsync(newScene(collection, await collection.publish()).refresh())
  })

  for (const [name, pick] of [
    ['one of two', (collection: TestCollection) => collection.keysOf(role).slice(0, 1)],
    ['one twice', (collection: TestCollection) => [0, 0].flatMap((i) => collection.keysOf(role)[i] ?? [])],
  ] as const) {
    test(`${role}: two signatures are wanted, there is ${name}`, async (t) => {
      const collection = made()
      collection.signWith(role, pick(collection))
      const scene = newScene(collection, await collection.publish())
      await t.throwsAsync(scene.refresh(), { code: 'TRUST_SIGNATURES', message: /1 of the 2 signatures/ })
      t.deepEqual(await scene.trusted(), {})
    })
  }
}

test('root: one key in two certificates counts once', async (t) => {
  const key = rootKey()
  const keys = [key, certified(key, { commonName: `${gun.slice(0, 9)}*` })]
  t.not(keys[0]?.key.id, keys[1]?.key.id)
  const collection = new TestCollection({ keys: { root: keys }, thresholds: { root: 2 } })
  const scene = newScene(collection, await collection.publish())
  await t.throwsAsync(scene.refresh(), { code: 'TRUST_SIGNATURES', message: /root: it has 1 of the 2/ })
})

test(`a client that is ${limits.roots} roots behind follows, one that is further behind comes on in pieces`, async (t) => {
  const collection = new TestCollection()
  const scene = newScene(collection, await collection.publish())
  await scene.refresh()
  const keys = [rootKey(), rootKey()]
  for (let i = 0; i <= limits.roots; i++)
    scene.source.serve(await collection.rotate('root', [keys[i % 2] ?? rootKey()]).publish())
  await t.throwsAsync(scene.refresh(), { code: 'TRUST_TOO_LARGE' })
  t.is((await scene.trusted())['root'], limits.roots + 1)
  t.is((await scene.refresh()).root.signed.version, limits.roots + 2)
})

test('the root that is remembered is looked at before anything is asked of the server', async (t) => {
  const stage = await newStage('cached')
  const remembered = await stage.cache.load(stage.gun)
  t.truthy(remembered)
  if (remembered === undefined) return
  const damaged = { ...remembered, root: Buffer.from('{}') }
  const options = { cache: { ...stage.cache, load: async () => damaged } }
  await t.throwsAsync(stage.refresh(options), { code: 'TRUST_CACHE_INVALID' })
  t.deepEqual(stage.source.asked, [])
})

test('a collection that is gone, and one that never was', async (t) => {
  for (const client of ['fresh', 'cached'] as const) {
    const stage = await newStage(client)
    const known = await stage.trusted()
    stage.source.files.clear()
    await t.throwsAsync(stage.refresh(), { code: 'TRUST_NO_DATA' })
    t.deepEqual(await stage.trusted(), known)
  }
})
