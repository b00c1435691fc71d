import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { makeWorkspace } from '../testing/workspace.ts'

test('prune waits for a build, and leaves the image that it has not named yet', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  await space.ok([context])
  const store = openStore(space.root)
  const [image] = store.images.list()
  t.deepEqual(image?.names, [])

  const building = await store.lockShared()
  let done = false
  const pruning = space.ok(['prune', '--json']).finally(() => (done = true))
  await sleep(1500)
  t.false(done)
  await store.tags.set('docker.io/library/app:1', image?.manifestDigest ?? t.fail())
  building.release()
  t.is(JSON.parse((await pruning).stdout).images, 0)
  t.is(store.images.get('app:1')?.imageID, image?.imageID)
})

test('prune removes what has no name', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  await space.ok([context])
  t.regex((await space.ok(['prune', '--all'])).stdout, /^removed 1 image, 1 layer, /)
  t.deepEqual(openStore(space.root).layers.list(), [])
})

test('builds and prunes at once, also such as drop the whole cache: every build ends and its image is whole', async (t) => {
  const space = await makeWorkspace(t)
  const names = Array.from({ length: 6 }, (_, i) => `app:${i}`)
  const building = new Set(names)
  const build = async (name: string): Promise<void> => {
    const copies = [1, 2, 3].map((n) => `COPY <<E /${n}\n${n} ${name.repeat(5000)}\nE\n`).join('')
    await space.ok(['-q', '-t', name, '-'], { input: `FROM scratch\n${copies}` })
    building.delete(name)
  }
  let prunes = 0
  const pruneAll = async (...args: readonly string[]): Promise<void> => {
    while (building.size > 0) {
      await space.ok(['prune', ...args])
      prunes++
    }
  }
  await Promise.all([...names.map(build), pruneAll('--all'), pruneAll('--max-size', '0'), pruneAll('--dry-run', '-a')])
  t.true(prunes >= 3)
  const { stdout } = await space.ok(['inspect', '--path', 'layers', ...names])
  t.is(stdout.match(/"bytes": "tar"/g)?.length, 18)
  for (const name of names) await space.ok(['save', '-o', 'image.tar', name])
})
