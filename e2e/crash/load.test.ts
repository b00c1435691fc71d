import path from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

needs(test, 'gcc')('load, killed at any call: the name leads to the old image or to the new', async (t) => {
  const other = await makeWorkspace(t)
  const context = other.write('context', { Dockerfile: 'FROM scratch\nCOPY a /\nCOPY b /\n', a: 'a', b: 'b' })
  await other.ok(['-t', 'app:1', '-o', 'type=oci,dest=archive.tar', context])
  const loaded = openStore(other.root).images.get('app:1')?.imageID

  const space = await makeWorkspace(t)
  await space.ok(['-t', 'app:1', space.write('old', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })])
  const old = openStore(space.root).images.get('app:1')?.imageID
  t.not(loaded, old)
  const kills = await crashCommand(t, space, {
    args: ['load', path.join(other.folder, 'archive.tar')],
    check: (store, at) => {
      t.true(
        store.images.list().some(({ imageID }) => imageID === old),
        `${at}: the old image is there`,
      )
      t.true([old, loaded].includes(store.images.get('app:1')?.imageID), at)
    },
    checkAgain: (store, at) => t.is(store.images.get('app:1')?.imageID, loaded, at),
  })
  t.true(kills > 25)
})
