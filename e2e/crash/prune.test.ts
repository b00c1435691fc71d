import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

const dockerfile = (text: string, label = ''): string => `FROM scratch\nCOPY <<E /x\n${text}\nE\n${label}`

/** Two images with names, two without, one of them with a label, and a cached layer that no image has. */
async function fill(t: ExecutionContext): Promise<Workspace> {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'app:1', '-'], { input: dockerfile('app') })
  await space.ok(['-q', '-t', 'gone', '-'], { input: dockerfile('cached') })
  await space.ok(['rmi', 'gone'])
  await space.ok(['-q', '-'], { input: dockerfile('plain') })
  await space.ok(['-q', '-'], { input: dockerfile('labelled', 'LABEL old=yes\n') })
  return space
}

interface Left {
  readonly images: number
  readonly layers: number
  readonly records: number
}

function leftIn(store: Store): Left {
  return {
    images: store.images.list().length,
    layers: store.layers.list().length,
    records: store.records.list().length,
  }
}

const rows: [args: string[], images: number, layers: number, keepsRecords: boolean][] = [
  [['prune', '--filter', 'label=old'], 2, 4, true],
  [['prune', '--all', '--filter', 'until=0s'], 1, 1, false],
  [['prune', '--max-size', '0'], 1, 1, true],
]
for (const [args, images, layers, keepsRecords] of rows) {
  needs(test, 'gcc')(
    `${args.join(' ')}, killed at any call: what is left is whole, and the next prune ends it`,
    async (t) => {
      const space = await fill(t)
      const before = openStore(space.root)
      const app = before.images.get('app:1')?.imageID
      const first = leftIn(before)
      const kills = await crashCommand(t, space, {
        args,
        check: (store, at) => {
          t.is(store.images.get('app:1')?.imageID, app, at)
          const now = leftIn(store)
          t.true(now.images >= images && now.layers >= layers, at)
          for (const key of store.records.list()) {
            const diffID = store.records.peek(key)?.record.diffID
            if (diffID !== undefined) t.not(store.layers.get(diffID), undefined, `${at}: a record has its layer`)
          }
        },
        checkAgain: (store, at) => {
          const { records, ...rest } = leftIn(store)
          t.deepEqual(rest, { images, layers }, at)
          t.is(records > 0, keepsRecords, at)
          t.true(records <= first.records, at)
        },
      })
      t.true(kills >= 10)
    },
  )
}
