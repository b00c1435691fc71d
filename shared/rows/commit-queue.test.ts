import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { CommitQueue, type RowBatch } from './commit-queue.ts'
import { applyBatch } from './memory-rows.ts'
import { ChangeConflict, type Durability, type Row, type RowRange } from './row-store.ts'

interface Write {
  readonly rows: Record<string, string | undefined>
  readonly isSynced: boolean
  readonly end: (error?: Error) => void
}

/** A queue over rows in memory, each of whose writes ends when the test says so. */
function heldQueue(durability: Durability): { queue: CommitQueue; writes: Write[]; rows: Map<string, string> } {
  const rows = new Map<string, string>()
  const writes: Write[] = []
  const write = (batch: RowBatch, isSynced: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        if (error !== undefined) return reject(error)
        applyBatch(batch, rows)
        resolve()
      }
      writes.push({ rows: Object.fromEntries(batch), isSynced, end })
    })
  const getMany = (keys: readonly string[]): Promise<(string | undefined)[]> =>
    Promise.resolve(keys.map((key) => rows.get(key)))
  const list = ({ prefix, limit }: RowRange): Promise<Row[]> =>
    Promise.resolve(
      [...rows].flatMap(([key, value]) => (key.startsWith(prefix) ? [{ key, value }] : [])).slice(0, limit),
    )
  return { queue: new CommitQueue({ getMany, list, write }, durability), writes, rows }
}

const putting = (key: string, value = '1'): { put: { key: string; value: string }[] } => ({ put: [{ key, value }] })

test('group: what comes while a batch is written shares the next, and its one sync', async (t) => {
  const { queue, writes } = heldQueue('group')
  const first = queue.commit(putting('a'))
  await turn()
  const others = ['b', 'c', 'd'].map((key) => queue.commit(putting(key)))
  await turn()
  t.is(writes.length, 1, 'nothing is written beside it')
  writes[0]?.end()
  await first
  await turn()
  t.deepEqual(writes[1]?.rows, { b: '1', c: '1', d: '1' })
  writes[1]?.end()
  await Promise.all(others)
  t.deepEqual(
    writes.map(({ isSynced }) => isSynced),
    [true, true],
  )
})

test('nothing is acknowledged before the write of it ended', async (t) => {
  const { queue, writes } = heldQueue('group')
  let isDone = false
  const commit = queue.commit(putting('a')).then(() => (isDone = true))
  await turn()
  t.is(writes.length, 1)
  t.false(isDone)
  writes[0]?.end()
  await commit
})

test('strict: each change has its own write; relaxed: none is synced', async (t) => {
  for (const [durability, count, synced] of [
    ['strict', 3, true],
    ['relaxed', 1, false],
  ] as const) {
    const { queue, writes } = heldQueue(durability)
    const commits = Promise.all(['a', 'b', 'c'].map((key) => queue.commit(putting(key))))
    for (let i = 0; i < count; i++) {
      await turn()
      writes[i]?.end()
    }
    await commits
    t.deepEqual(
      writes.map(({ isSynced }) => isSynced),
      Array.from({ length: count }, () => synced),
    )
  }
})

test('what may be lost is not synced, unless it shares the batch of what may not', async (t) => {
  const { queue, writes } = heldQueue('group')
  const minor = queue.commit({ ...putting('a'), isMinor: true })
  await turn()
  const both = Promise.all([queue.commit({ ...putting('b'), isMinor: true }), queue.commit(putting('c'))])
  writes[0]?.end()
  await minor
  await turn()
  writes[1]?.end()
  await both
  t.deepEqual(
    writes.map(({ isSynced }) => isSynced),
    [false, true],
  )
})

test('a change whose condition fails makes no other important: it is not written', async (t) => {
  const { queue, writes } = heldQueue('group')
  const refused = queue.commit({ ...putting('a'), expect: [{ key: 'x', value: '1' }] })
  await t.throwsAsync(refused, { instanceOf: ChangeConflict })
  t.is(writes.length, 0)
})

test('a conflict with a change that is not yet stored is told when it is', async (t) => {
  const { queue, writes, rows } = heldQueue('group')
  const first = queue.commit(putting('a'))
  const second = queue.commit({ ...putting('a', '2'), expect: [{ key: 'a', value: undefined }] })
  let isTold = false
  const told = second.catch((error: unknown) => {
    isTold = true
    return [error, rows.get('a')]
  })
  await turn()
  t.false(isTold)
  writes[0]?.end()
  await first
  t.deepEqual(await told, [new ChangeConflict('a'), '1'])
})

test('when a write fails, all who shared it are told, and the next one is tried', async (t) => {
  const { queue, writes } = heldQueue('group')
  const results = Promise.allSettled([
    queue.commit(putting('a')),
    queue.commit({ ...putting('b'), expect: [{ key: 'a', value: undefined }] }),
  ])
  await turn()
  writes[0]?.end(new Error('no disk'))
  t.deepEqual(
    (await results).map(({ status }) => status),
    ['rejected', 'rejected'],
    'also the one that expected something of the other',
  )
  const next = queue.commit({ ...putting('c'), expect: [{ key: 'a', value: undefined }] })
  await turn()
  writes[1]?.end()
  await t.notThrowsAsync(next)
})
