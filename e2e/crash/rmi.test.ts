import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

needs(test, 'gcc')(
  'rmi of all names of an image, killed at any call: what is left is whole, the other image stays',
  async (t) => {
    const space = await makeWorkspace(t)
    const context = space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nLABEL n=1\n' })
    await space.ok(['-t', 'app:1', '-t', 'app:2', context])
    await space.ok(['-t', 'other', '--label', 'n=2', context])
    const { images } = openStore(space.root)
    const [doomed, other] = [images.get('app:1'), images.get('other')?.imageID]

    const kills = await crashCommand(t, space, {
      args: ['rmi', '--force', doomed?.imageID ?? ''],
      check: (store, at) => {
        t.is(store.images.get('other')?.imageID, other, at)
        for (const name of ['app:1', 'app:2']) {
          t.true([undefined, doomed?.imageID].includes(store.images.get(name)?.imageID), `${at}: ${name}`)
        }
      },
      mayFailAgain: true,
      checkAgain: (store, at) => {
        t.deepEqual(
          store.images.list().map(({ imageID }) => imageID),
          [other],
          at,
        )
        t.deepEqual(
          store.tags.list().map(({ name }) => name),
          ['docker.io/library/other:latest'],
          at,
        )
      },
    })
    t.true(kills >= 8)
  },
)
