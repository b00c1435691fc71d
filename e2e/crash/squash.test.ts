import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

needs(test, 'gcc')(
  'squash killed at any call: the image stays, the new one is whole or not there, and squashing again makes it',
  async (t) => {
    const space = await makeWorkspace(t)
    const dockerfile = 'FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n'
    await space.ok(['-q', '-t', 'app', space.write('context', { Dockerfile: dockerfile })])
    const app = openStore(space.root).images.get('app')?.imageID
    const other = await makeWorkspace(t)
    await other.ok(['load', '-q'], { input: (await space.ok(['save', 'app'])).bytes })
    const squashed = (await other.ok(['squash', 'app'])).stdout.trim()

    const kills = await crashCommand(t, space, {
      args: ['squash', 'app', '-t', 'small'],
      check: (store, at) => {
        t.is(store.images.get('app')?.imageID, app, at)
        t.true([undefined, squashed].includes(store.images.get('small')?.imageID), at)
      },
      checkAgain: (store, at) => {
        t.is(store.images.get('app')?.imageID, app, at)
        t.is(store.images.get('small')?.imageID as string, squashed, at)
      },
    })
    t.true(kills >= 20)
  },
)
