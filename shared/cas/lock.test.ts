import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Lock, lockExclusive, lockShared } from './lock.ts'
import { currentBoot, isOwnerAlive, ownOwner } from './owner.ts'

function folderOf(t: ExecutionContext): string {
  const parent = mkdtempSync(path.join(tmpdir(), 'lock-'))
  t.teardown(() => rmSync(parent, { recursive: true, force: true }))
  return path.join(parent, 'deep', 'lock')
}

/** The lock when it is free now, else undefined. */
async function tryLock(take: typeof lockShared, folder: string): Promise<Lock | undefined> {
  try {
    return await take(folder, { signal: AbortSignal.timeout(60) })
  } catch {
    return undefined
  }
}

test('shared holders are together, an exclusive one is alone', async (t) => {
  const folder = folderOf(t)
  const [a, b] = [await lockShared(folder), await lockShared(folder)]
  t.is(await tryLock(lockExclusive, folder), undefined)
  a.release()
  a.release()
  t.is(await tryLock(lockExclusive, folder), undefined, 'releasing twice gives back one')
  b.release()
  const alone = await lockExclusive(folder)
  t.is(await tryLock(lockShared, folder), undefined)
  t.is(await tryLock(lockExclusive, folder), undefined)
  alone.release()
  const after = await tryLock(lockShared, folder)
  t.not(after, undefined)
  after?.release()
  t.deepEqual(readdirSync(folder), [])
})

test('one that waits to be alone keeps new shared holders away, and says once that it waits', async (t) => {
  const folder = folderOf(t)
  const first = await lockShared(folder)
  let waits = 0
  const pending = lockExclusive(folder, { onWait: () => waits++ })
  await sleep(20)
  t.is(await tryLock(lockShared, folder), undefined)
  first.release()
  const lock = await pending
  t.is(waits, 1)
  lock.release()
})

test('one that waits gets the lock when its folder goes with the holder', async (t) => {
  const folder = folderOf(t)
  const first = await lockExclusive(folder)
  const pending = lockExclusive(folder)
  await sleep(20)
  first.release()
  rmSync(folder, { recursive: true })
  const second = await pending
  t.is(readdirSync(folder).length, 1)
  second.release()
})

test('giving up leaves nothing behind', async (t) => {
  const folder = folderOf(t)
  const first = await lockShared(folder)
  const waiting = lockExclusive(folder, { signal: AbortSignal.timeout(30) })
  await t.throwsAsync(waiting)
  t.is(readdirSync(folder).length, 1)
  const reason = AbortSignal.abort(new Error('stopped'))
  await t.throwsAsync(lockShared(folder, { signal: reason }), { message: 'stopped' })
  first.release()
  t.deepEqual(readdirSync(folder), [])
})

const boot = currentBoot().replaceAll('-', '').slice(0, 12)
const namespace = ownOwner().split('-')[3] ?? ''
const dead: readonly [string, string][] = [
  ['a process that is gone', `999999999-1-${boot}-${namespace}`],
  ['our pid, started at another time', `${process.pid}-1-${boot}-${namespace}`],
  ['an earlier boot', ownOwner().replace(boot, '000000000000')],
  ['no process name at all', 'x'],
]
for (const [title, owner] of dead) {
  test(`what is held by ${title} is free`, async (t) => {
    const folder = folderOf(t)
    mkdirSync(folder, { recursive: true })
    for (const kind of ['s', 'x']) writeFileSync(path.join(folder, `${kind}-${owner}-0`), '')
    const lock = await lockExclusive(folder)
    lock.release()
    t.deepEqual(readdirSync(folder), [])
  })
}

test('a process of another pid namespace is believed for five minutes', async (t) => {
  const folder = folderOf(t)
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `x-1-1-${boot}-1-0`)
  writeFileSync(file, '')
  t.is(await tryLock(lockShared, folder), undefined)
  utimesSync(file, 0, Date.now() / 1000 - 301)
  const lock = await lockShared(folder)
  lock.release()
  t.deepEqual(readdirSync(folder), [])
})

test.serial('a holder touches its file, until it gives the lock back', async (t) => {
  const folder = folderOf(t)
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const lock = await lockShared(folder)
  const [name = ''] = readdirSync(folder)
  const file = path.join(folder, name)
  utimesSync(file, 0, 0)
  mock.timers.tick(30_000)
  t.true(Date.now() - statSync(file).mtimeMs < 10_000)
  lock.release()
  mock.timers.tick(30_000)
  t.deepEqual(readdirSync(folder), [])
})

test('this process is alive; the process 1 with our start time is another', (t) => {
  t.true(isOwnerAlive(ownOwner(), 0))
  t.false(isOwnerAlive(ownOwner().replace(/^\d+/, '1'), Date.now()))
})

function startHolder(t: ExecutionContext, args: readonly string[]): ChildProcess {
  const child = fork(path.join(import.meta.dirname, 'testing', 'lock-holder.ts'), args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

for (const kind of ['shared', 'exclusive'] as const) {
  test(`killing a process frees its ${kind} lock`, async (t) => {
    const folder = folderOf(t)
    const child = startHolder(t, [folder, kind])
    await once(child, 'message')
    t.is(await tryLock(lockExclusive, folder), undefined)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await tryLock(lockExclusive, folder)
    t.not(lock, undefined)
    lock?.release()
  })
}

test('six processes that count with a plain read and write lose nothing', async (t) => {
  const folder = folderOf(t)
  const file = path.join(path.dirname(path.dirname(folder)), 'count')
  writeFileSync(file, '0')
  const children = Array.from({ length: 6 }, () => startHolder(t, [folder, 'count', file, '25']))
  const codes = await Promise.all(children.map(async (child) => once(child, 'exit')))
  t.deepEqual(codes.flat(), Array.from({ length: 6 }, () => [0, null]).flat())
  t.is(readFileSync(file, 'utf8'), '150')
})
