import test from 'ava'
import { createFolderSyncs } from './folder-syncs.ts'

interface Held {
  readonly folder: string
  readonly end: (error?: Error) => void
}

function held(): { syncs: ReturnType<typeof createFolderSyncs>; running: Held[] } {
  const running: Held[] = []
  const syncs = createFolderSyncs(
    async (folder) =>
      new Promise((resolve, reject) => {
        running.push({ folder, end: (error) => (error === undefined ? resolve() : reject(error)) })
      }),
  )
  return { syncs, running }
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('who asks while a sync is running shares the next one, for his name may have come too late', async (t) => {
  const { syncs, running } = held()
  const done: string[] = []
  const ask = (name: string): void => void syncs.sync('f').then(() => done.push(name))
  ask('first')
  ask('second')
  ask('third')
  await turn()
  t.is(running.length, 1)
  running[0]?.end()
  await turn()
  t.deepEqual(done, ['first'])
  t.is(running.length, 2)
  ask('fourth')
  running[1]?.end()
  await turn()
  t.deepEqual(done, ['first', 'second', 'third'])
  t.is(running.length, 3)
  running[2]?.end()
  await turn()
  t.is(done.length, 4)
  ask('later')
  await turn()
  t.is(running.length, 4)
})

test('folders do not wait for each other', async (t) => {
  const { syncs, running } = held()
  void syncs.sync('a')
  void syncs.sync('b')
  await turn()
  t.deepEqual(
    running.map(({ folder }) => folder),
    ['a', 'b'],
  )
})

test('a failure is told to those who shared the sync and those who waited for it, and not to the next ones', async (t) => {
  const { syncs, running } = held()
  const [first, second, third] = [syncs.sync('f'), syncs.sync('f'), syncs.sync('f')]
  await turn()
  running[0]?.end(new Error('EIO'))
  for (const told of [first, second, third]) await t.throwsAsync(told, { message: 'EIO' })
  const next = syncs.sync('f')
  await turn()
  running[1]?.end()
  await t.notThrowsAsync(next)
})
