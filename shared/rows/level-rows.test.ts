import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { LevelHandle } from './level-handle.ts'
import { type LevelRowsOptions, openLevelRows } from './level-rows.ts'
import type { RowStore } from './row-store.ts'
import { rowStoreSuite } from './testing/row-store-contract.ts'
import { testKind } from './testing/rows-kind.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'level-rows-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

let count = 0
const newFolder = (): string => path.join(folder, String(count++), 'metadata')
const openAt = (place: string, options: Partial<LevelRowsOptions> = {}): Promise<RowStore> =>
  openLevelRows(testKind, { folder: place, ballast: 0, ...options })

/** The suite sees a store without the row that says which format it has. */
function withoutFormat(store: RowStore): RowStore {
  return { ...store, list: async (range) => (await store.list(range)).filter(({ key }) => key !== 'format') }
}

for (const durability of ['group', 'strict', 'relaxed'] as const) {
  const open = async (): Promise<RowStore> => withoutFormat(await openAt(newFolder(), { durability }))
  rowStoreSuite(test, { name: `level, ${durability}`, open })
}

test('rows are there when the store is opened again', async (t) => {
  const place = newFolder()
  const store = await openAt(place)
  await store.commit({ put: [{ key: 'a', value: '1' }] })
  await store.commit({ put: [{ key: 'b', value: '2' }], isMinor: true })
  await store.close()
  const again = await openAt(place)
  t.deepEqual(await again.getMany(['a', 'b']), ['1', '2'])
  await again.close()
})

/** Node, with `store` of an opening of the folder, or an error. */
function inProcess(place: string, then: string): string[] {
  const module = JSON.stringify(path.join(import.meta.dirname, 'level-rows.ts'))
  const script = `const { openLevelRows } = await import(${module})
    const store = await openLevelRows(${JSON.stringify(testKind)}, { folder: ${JSON.stringify(place)}, ballast: 0 }).catch((error) => error)
    ${then}`
  return ['--input-type=module', '-e', script]
}

test('a second opening in this process is refused and takes the lock not from the first', async (t) => {
  const place = newFolder()
  const store = await openAt(place)
  await t.throwsAsync(openAt(place), { code: 'SERVER_BUSY' })
  await t.throwsAsync(openAt(path.join(place, '..', 'metadata')), { code: 'SERVER_BUSY' })
  const other = spawnSync(process.execPath, inProcess(place, 'console.log(store.code)'), { encoding: 'utf8' })
  t.is(other.stdout.trim(), 'SERVER_BUSY')
  await t.notThrowsAsync(store.commit({ put: [{ key: 'a', value: '1' }] }))
  await store.close()
})

test('a store that another process has open says which', async (t) => {
  const place = newFolder()
  const args = inProcess(place, "console.log('open'); setInterval(() => {}, 1000)")
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  const error = await t.throwsAsync(openAt(place), { code: 'SERVER_BUSY' })
  t.true(error?.message.includes(`process ${holder.pid} `), error?.message)
  t.regex(error?.message ?? '', /has the rows in .* open$/)

  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const store = await openAt(place)
  t.is(await store.get('a'), undefined, 'the lock of a killed process is gone with it')
  await store.close()
})

const damages: Readonly<Record<string, (place: string) => void>> = {
  'the list of its files is garbage': (place) => {
    for (const name of readdirSync(place).filter((each) => each.startsWith('MANIFEST'))) {
      writeFileSync(path.join(place, name), 'garbage'.repeat(10))
    }
  },
  'the name of that list is lost': (place) => rmSync(path.join(place, 'CURRENT')),
  'that name is garbage': (place) => writeFileSync(path.join(place, 'CURRENT'), 'garbage'),
}

for (const [title, damage] of Object.entries(damages)) {
  test(`a damaged store is repaired, and it is said: ${title}`, async (t) => {
    const place = newFolder()
    const store = await openAt(place)
    await store.commit({ put: [{ key: 'a', value: '1' }] })
    await store.close()
    damage(place)
    const notices: string[] = []
    const again = await openAt(place, { onNotice: (notice) => notices.push(notice) })
    t.deepEqual(await again.getMany(['a', 'repaired']), ['1', 'true'])
    t.is(notices.length, 1)
    t.regex(notices[0] ?? '', /repair/)
    await again.close()
    const third = await openAt(place, { onNotice: (notice) => notices.push(notice) })
    t.is(notices.length, 1, 'after that it is whole')
    await third.close()
  })
}

test('a store that is closed waits for who is reading, and for nobody who comes then', async (t) => {
  const handle = new LevelHandle(newFolder(), testKind, { notify: () => undefined, ballast: 0 })
  await handle.open()
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const reading = handle.read(async (database) => {
    await held
    return database.get('a')
  })
  const closing = handle.close().then(() => 'closed')
  await sleep(10)
  const late = t.throwsAsync(
    handle.read((database) => database.get('a')),
    { message: /closed/ },
  )
  t.is(await Promise.race([closing, sleep(50, 'waits')]), 'waits')
  release()
  t.is(await reading, undefined)
  await late
  t.is(await Promise.race([closing, sleep(2000, 'hangs')]), 'closed')
})

test('a store of another version is left alone', async (t) => {
  const place = newFolder()
  const store = await openAt(place)
  await store.commit({ put: [{ key: 'format', value: '{"version":3}' }] })
  await store.close()
  await t.throwsAsync(openAt(place), { code: 'STORE_INVALID', message: /version 3/ })
  await t.throwsAsync(openAt(place), { code: 'STORE_INVALID' }, 'and not left open')
})

test('a store of the version before is gone on with, and no longer opened by that one', async (t) => {
  const place = newFolder()
  const store = await openAt(place)
  await store.commit({ put: [{ key: 'format', value: '{"version":1}' }] })
  await store.close()
  const again = await openAt(place)
  t.is(await again.get('format'), '{"version":2}')
  await again.close()
})

test('a folder that cannot be made is an error', async (t) => {
  const file = path.join(folder, 'file')
  writeFileSync(file, '')
  await t.throwsAsync(openAt(path.join(file, 'metadata')), { code: 'SYSTEM_CALL' })
})

test('only the owner may look into the store', async (t) => {
  const place = newFolder()
  const store = await openAt(place)
  t.is(statSync(place).mode & 0o77, 0)
  await store.close()
})
