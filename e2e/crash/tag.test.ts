import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

needs(test, 'gcc')('tag, killed at any call: the name leads to the old image or to the new', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nLABEL n=1\n' })
  await space.ok(['-t', 'old', '-t', 'app:1', context])
  await space.ok(['-t', 'new', '--label', 'n=2', context])
  const { images } = openStore(space.root)
  const [old, renewed] = [images.get('old')?.imageID, images.get('new')?.imageID]
  t.not(old, renewed)

  const kills = await crashCommand(t, space, {
    args: ['tag', 'new', 'app:1'],
    check: (store, at) => {
      t.true([old, renewed].includes(store.images.get('app:1')?.imageID), at)
      t.is(store.images.get('old')?.imageID, old, at)
      t.is(store.images.get('new')?.imageID, renewed, at)
    },
    checkAgain: (store, at) => t.is(store.images.get('app:1')?.imageID, renewed, at),
  })
  t.true(kills >= 5)
})
