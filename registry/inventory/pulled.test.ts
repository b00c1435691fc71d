import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { pulledRows } from '../storage/pull-rows.ts'
import { followChanges } from './changes.ts'
import { RememberedPulls } from './pulled.ts'

const name = 'team/app'
const digestFor = (text: string): Digest => digestOf(Buffer.from(text))
const [a, b, c] = [digestFor('a'), digestFor('b'), digestFor('c')]

/** Asked for again and again. */
const items = [a, b, c].map((digest) => ({ digest, below: [] }))

function scene() {
  const [below, changes] = [createMemoryMetadata(), followChanges()]
  const waiting = new Map<Digest, number>()
  let [read, work]: [number, (() => Promise<void>) | undefined] = [0, undefined]
  const list: RowStore['list'] = async (range) => {
    read++
    const rows = await below.list(range)
    const now = work
    work = undefined
    await now?.()
    return rows
  }
  let walks = 0
  const metadata = { list, getMany: async (keys: readonly string[]) => below.getMany(keys) }
  const remembered = new RememberedPulls({
    metadata,
    pulls: {
      peek: (_, digest) => waiting.get(digest),
      waitingIn: () => {
        walks++
        return waiting
      },
    },
  })
  changes.listen(remembered)
  const told = async (): Promise<readonly (number | undefined)[]> => (await remembered.inRepository(name))(items)
  const watched = changes.watch(below)
  return {
    told,
    remembered,
    waiting,
    ofFew: async (digest: Digest) => (await remembered.ofFew(name)([{ digest, below: [] }]))[0],
    write: async (digest: Digest, at: number) => watched.commit({ put: [pulledRows.row([name, digest], { at })] }),
    remove: async (digest: Digest) => watched.commit({ remove: [pulledRows.key(name, digest)] }),
    below,
    watched,
    read: () => read,
    walks: () => walks,
    meanwhile: (one: () => Promise<void>) => (work = one),
  }
}

test('it is read once, and follows what is written, removed and waits', async (t) => {
  const { told, write, remove, waiting, read } = scene()
  await write(a, 1)
  t.deepEqual(await told(), [1, undefined, undefined])
  await write(b, 2)
  await write(a, 3)
  t.deepEqual(await told(), [3, 2, undefined])
  waiting.set(c, 5).set(a, 2)
  t.deepEqual(await told(), [3, 2, 5])
  await remove(b)
  t.deepEqual(await told(), [3, undefined, 5])
  t.is(read(), 1)
})

test('what is written while it is read is found the next time', async (t) => {
  const { told, write, meanwhile } = scene()
  await write(a, 1)
  meanwhile(async () => write(b, 2))
  await told()
  t.deepEqual(await told(), [1, 2, undefined])
})

test('of a few it is looked up, whatever else there is or waits', async (t) => {
  const { ofFew, write, read, walks, waiting } = scene()
  await write(a, 1)
  waiting.set(c, 5)
  t.deepEqual([await ofFew(a), await ofFew(b), await ofFew(c)], [1, undefined, 5])
  t.deepEqual([read(), walks()], [0, 0])
})

test('another repository has others, and damaged rows are none', async (t) => {
  const { told, write, below, watched } = scene()
  await write(a, 1)
  await told()
  await watched.commit({ put: [pulledRows.row(['team/app2', b], { at: 2 })] })
  await watched.commit({ put: [{ key: pulledRows.key(name, a), value: 'no JSON' }] })
  t.deepEqual(await told(), [undefined, undefined, undefined])
  t.is((await below.list({ prefix: pulledRows.prefix(), limit: 9 })).length, 2)
})

test('nothing is remembered while nobody knows whether a change was made', async (t) => {
  const { told, below, watched } = scene()
  await told()
  const row = pulledRows.row([name, a], { at: 1 })
  const refused = { ...below, commit: async () => Promise.reject(new Error('the disk is gone')) }
  const changes = followChanges()
  const remembered = new RememberedPulls({
    metadata: below,
    pulls: { peek: () => undefined, waitingIn: () => new Map() },
  })
  changes.listen(remembered)
  const at = async (): Promise<number | undefined> => (await (await remembered.inRepository(name))(items))[0]
  t.is(await at(), undefined)
  await t.throwsAsync(changes.watch(refused).commit({ put: [row] }), { message: 'the disk is gone' })
  t.is(await at(), undefined)
  await watched.commit({ put: [row] }) // it comes to be seen after all, and nobody says so here
  t.is(await at(), 1)
})

test('of an image below others the last pull of any counts', async (t) => {
  const { write, remembered, waiting } = scene()
  await write(a, 1)
  await write(b, 5)
  const index = [{ digest: a, below: [b, c] }]
  const ask = await remembered.inRepository(name)
  t.deepEqual(await ask(index), [5])
  waiting.set(c, 7)
  t.deepEqual(await (await remembered.inRepository(name))(index), [7])
  t.deepEqual(await remembered.ofFew(name)(index), [7])
})
