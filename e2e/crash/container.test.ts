import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

const running = needs(test.serial, 'root', 'gcc', 'runc', 'busybox')
const script = 'echo new > /etc/new; rm -r /home; mkdir -p /a/b; ln /etc/new /a/b/link'

/** What a run makes visible or promises; the folders that it works in are made by `mkdir`. */
const keptCalls = 'rename link unlink write'.split(' ')

/** A store whose base is extracted. */
async function ready(t: ExecutionContext): Promise<Workspace> {
  const space = await makeWorkspace(t, { base: true })
  await space.ok(['run', 'busybox', 'true'])
  return space
}

/** The number of layers that an image must have; 0 when it is not there. */
function layersOf(space: Workspace, name: string): number {
  return openStore(space.root).images.get(name)?.config.rootfs.diff_ids.length ?? 0
}

running('run --commit, killed at any call: the name leads to the old image or to the new', async (t) => {
  const space = await ready(t)
  await space.ok(['tag', 'busybox', 'app:1'])
  const kills = await crashCommand(t, space, {
    args: ['run', '--commit', 'app:1', 'busybox', 'sh', '-c', script],
    calls: keptCalls,
    check: (store, at) => {
      t.true([1, 2].includes(layersOf(space, 'app:1')), at)
      t.truthy(store.images.get('busybox'), at)
    },
    checkAgain: (_store, at) => t.is(layersOf(space, 'app:1'), 2, at),
  })
  t.true(kills >= 20, `${kills} kills`)
})

running('run --keep, killed at any call: there is a whole container or none', async (t) => {
  const space = await ready(t)
  const kills = await crashCommand(t, space, {
    args: ['run', '--keep', 'one', 'busybox', 'sh', '-c', script],
    calls: keptCalls,
    check: (store, at) => t.true(store.containers.list().length <= 1, at),
    mayFailAgain: true,
    checkAgain: (store, at) => t.truthy(store.containers.get('one')?.layer, at),
  })
  t.true(kills >= 15, `${kills} kills`)
})

running('commit and rm, killed at any call: an image and a container are whole or not there', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  await space.ok(['run', '--keep', 'one', 'busybox', 'sh', '-c', script])
  const committed = await crashCommand(t, space, {
    args: ['commit', 'one', 'app:1', '-c', 'ENV A=b'],
    check: (store, at) => {
      t.true([0, 2].includes(layersOf(space, 'app:1')), at)
      t.truthy(store.containers.get('one')?.layer, at)
    },
    checkAgain: (_store, at) => t.is(layersOf(space, 'app:1'), 2, at),
  })
  t.true(committed >= 10, `${committed} kills`)
  const other = await makeWorkspace(t, { base: true })
  await other.ok(['run', '--keep', 'one', 'busybox', 'sh', '-c', script])
  const removed = await crashCommand(t, other, {
    args: ['rm', 'one'],
    check: (store, at) => t.true(store.containers.list().length <= 1, at),
    mayFailAgain: true,
    checkAgain: (store, at) => t.deepEqual(store.containers.list(), [], at),
  })
  t.true(removed >= 1, `${removed} kills`)
})
