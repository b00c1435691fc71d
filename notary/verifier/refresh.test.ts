import test from 'ava'
import { TestCollection } from '../tuf/testing/collection.ts'
import { newKey } from '../tuf/testing/keys.ts'
import { resolveTarget } from './resolve.ts'
import { releases } from './testing/attack.ts'
import { newScene } from './testing/scene.ts'

test('a collection is met, and nothing is fetched again that did not change', async (t) => {
  const collection = new TestCollection().addTarget('v1', 'one').delegate(releases, [newKey('ecdsa')])
  collection.addTarget('v2', 'two', releases)
  const scene = newScene(collection, await collection.publish())
  const seen = await scene.refresh()
  t.deepEqual([...seen.targets.keys()], ['targets', 'targets/releases'])
  t.is(resolveTarget(seen, 'v2')?.role, releases)
  t.deepEqual(
    scene.source.asked.map((name) => name.replace(/[0-9a-f]{64}/, 'HASH')),
    [
      'timestamp.json',
      'root.json',
      '2.root.json',
      'snapshot.HASH.json',
      'targets.HASH.json',
      'targets/releases.HASH.json',
    ],
  )
  scene.source.asked.length = 0
  await scene.refresh()
  t.deepEqual(scene.source.asked.toSorted(), ['2.root.json', 'timestamp.json'])
  t.deepEqual(await scene.trusted(), { root: 1, timestamp: 1, snapshot: 1, targets: 1, 'targets/releases': 1 })
})
