import path from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

needs(
  test.serial,
  'gcc',
  'tar',
)('import, killed at any call: the name leads to the old image or to the new', async (t) => {
  const space = await makeWorkspace(t)
  const trees = ['old', 'new'].map((name) =>
    space.write(name, { 'etc/name': name, 'etc/passwd': 'root:x:0:0::/:/bin/sh\n' }),
  )
  for (const tree of trees) await runOk('tar', ['-C', tree, '-cf', `${tree}.tar`, '.'])
  await space.ok(['import', 'old.tar', 'base:1'])
  const [old] = openStore(space.root).images.list()

  const kills = await crashCommand(t, space, {
    args: ['import', path.join(space.folder, 'new.tar'), 'base:1'],
    check: (store, at) => {
      t.true(
        store.images.list().some(({ imageID }) => imageID === old?.imageID),
        `${at}: the old image is there`,
      )
      t.truthy(store.images.get('base:1'), at)
    },
    checkAgain: (store, at) => t.not(store.images.get('base:1')?.imageID, old?.imageID, at),
  })
  t.true(kills > 25)
})
