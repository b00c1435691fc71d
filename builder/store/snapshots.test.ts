import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { pretendReboot, storeFor } from './testing/fixture.ts'
import type { PendingSnapshot, Store } from './types.ts'

const chain = digestOf('chain')
const diffID = digestOf('diff')

function filled(store: Store, text: string): PendingSnapshot {
  const pending = store.snapshots.create()
  writeFileSync(path.join(pending.dir, 'file'), text)
  return pending
}

test('a snapshot is there once it is committed, with its modes and links', async (t) => {
  const store = storeFor(t)
  const pending = filled(store, 'x')
  symlinkSync('/nowhere', path.join(pending.dir, 'link'))
  execFileSync('mkfifo', [path.join(pending.dir, 'fifo')])
  chmodSync(pending.dir, 0o1777)
  t.is(store.snapshots.get(chain), undefined)
  const { dir } = await pending.commit(chain, diffID)
  t.is(store.snapshots.get(chain)?.dir, dir)
  t.is(lstatSync(dir).mode & 0o7777, 0o1777)
  t.deepEqual(readdirSync(dir).sort(), ['fifo', 'file', 'link'])
  t.false(existsSync(pending.dir))
})

test('the second of two that extract the same gets the folder of the first', async (t) => {
  const store = storeFor(t)
  const [a, b] = [filled(store, 'a'), filled(store, 'b')]
  const first = await a.commit(chain, diffID)
  t.deepEqual(await b.commit(chain, diffID), first)
  t.is(readFileSync(path.join(first.dir, 'file'), 'utf8'), 'a')
  t.deepEqual(
    [a, b].map((pending) => existsSync(pending.dir)),
    [false, false],
  )
  t.is(readdirSync(path.join(store.root, 's')).length, 1)
})

test('twenty at once: one folder remains', async (t) => {
  const store = storeFor(t)
  const all = Array.from({ length: 20 }, () => filled(store, 'same'))
  const dirs = await Promise.all(all.map(async (pending) => (await pending.commit(chain, diffID)).dir))
  t.is(new Set(dirs).size, 1)
  t.deepEqual(readdirSync(path.join(store.root, 's')), [path.basename(dirs[0] ?? '')])
})

test('an empty layer has an empty folder', async (t) => {
  const store = storeFor(t)
  const [a, b] = [store.snapshots.create(), store.snapshots.create()]
  await a.commit(chain, diffID)
  const { dir } = await b.commit(digestOf('other'), diffID)
  t.deepEqual(readdirSync(dir), [])
  t.not(store.snapshots.get(chain)?.dir, dir)
})

test('one that was given up leaves nothing', async (t) => {
  const store = storeFor(t)
  const pending = filled(store, 'x')
  await pending.discard()
  t.false(existsSync(pending.dir))
  t.deepEqual(readdirSync(path.join(store.root, 's')), [])
})

test('the folder of an earlier boot is replaced and removed', async (t) => {
  const store = storeFor(t)
  await filled(store, 'old').commit(chain, diffID)
  pretendReboot(store)
  t.is(store.snapshots.get(chain), undefined)
  const { dir } = await filled(store, 'new').commit(chain, diffID)
  t.is(readFileSync(path.join(dir, 'file'), 'utf8'), 'new')
  t.deepEqual(readdirSync(path.join(store.root, 's')), [path.basename(dir)])
})

test('two chains with one id are told apart', async (t) => {
  const store = storeFor(t)
  const other = digestOf('other')
  const { dir } = await filled(store, 'mine').commit(chain, diffID)
  await filled(store, 'other').commit(other, diffID)
  const [mine, theirs] = [chain, other].map((id) => path.join(store.root, 'snapshots', hexOf(id)))
  writeFileSync(theirs ?? '', readFileSync(mine ?? ''))
  execFileSync('rm', ['-r', mine ?? ''])
  t.is(store.snapshots.get(other)?.dir, dir, 'now the other chain has the id that this one would take')
  const again = await filled(store, 'mine again').commit(chain, diffID)
  t.not(again.dir, dir)
  t.is(readFileSync(path.join(dir, 'file'), 'utf8'), 'mine')
  t.is(readFileSync(path.join(again.dir, 'file'), 'utf8'), 'mine again')
})

test('a mark that is damaged or leads elsewhere is no snapshot', async (t) => {
  const store = storeFor(t)
  await filled(store, 'x').commit(chain, diffID)
  const mark = path.join(store.root, 'snapshots', hexOf(chain))
  const good = readFileSync(mark, 'utf8')
  const bad = [
    '',
    '{}',
    good.slice(0, -5),
    good.replace(/"id":"\w+"/, '"id":"../tmp"'),
    good.replace(/"id":"\w+"/, '"id":"missing"'),
  ]
  for (const content of bad) {
    writeFileSync(mark, content)
    t.is(store.snapshots.get(chain), undefined, content)
  }
  writeFileSync(mark, good)
  t.not(store.snapshots.get(chain), undefined)
})
