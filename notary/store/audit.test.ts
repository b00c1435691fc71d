import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { auditKey } from '../../shared/audit/audit-rows.ts'
import { auditLine, hashIn } from '../../shared/audit/chained-line.ts'
import { openLevelRows } from '../../shared/rows/level-rows.ts'
import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { parseGun } from '../tuf/gun.ts'
import { newKey } from '../tuf/testing/keys.ts'
import type { AuditEntry } from './audit-entry.ts'
import { notaryDatabase, openTrustStore } from './open-trust-store.ts'
import { chainedEntries } from './read-audit.ts'
import { newFile } from './testing/new-files.ts'
import { createTrustStore } from './trust-store.ts'
import { type CollectionState, PublicationConflict, type TrustStore } from './types.ts'
import { withLogs } from './with-logs.ts'

const gun = parseGun('localhost:5000/team/app')
const { key } = newKey('ed25519')
const by = { account: 'ann', address: '192.0.2.1' }

interface Opened {
  readonly store: TrustStore
  readonly rows: RowStore
}

function opened(t: ExecutionContext, limits?: Parameters<typeof withLogs>[0]): Opened {
  const rows = createMemoryRows(withLogs(limits))
  const store = createTrustStore(rows)
  t.teardown(() => store.close())
  return { store, rows }
}

async function publish(store: TrustStore, version: number, at = version): Promise<CollectionState> {
  const before = await store.state(gun)
  const file = newFile('timestamp', version)
  const { sha256 } = file
  return store.publish(gun, { before, files: [file], version, sha256, at, audit: { action: 'publish', by } })
}

/** All that a log has, chained. */
async function readAll(store: TrustStore): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const { entry } of chainedEntries((page) => store.audit(page))) entries.push(entry)
  return entries
}

test('who changed what is told, in one chain', async (t) => {
  const { store } = opened(t)
  const files = ['root', 'targets'].map((role) => newFile(role, 1))
  const state = await store.publish(gun, {
    before: undefined,
    files,
    version: 1,
    sha256: '',
    at: 1,
    audit: { action: 'publish', by },
  })
  const renewed = await store.publish(gun, {
    before: state,
    files: [newFile('timestamp', 1)],
    version: 1,
    sha256: '',
    at: 2,
  })
  await store.noteRotation(gun, { role: 'timestamp', id: key.id, by: {}, at: 3 })
  const dropped = renewed.files.has('targets') ? [...renewed.files.keys()].filter((role) => role === 'targets') : []
  await store.publish(gun, {
    before: renewed,
    files: [],
    dropped,
    version: 1,
    sha256: '',
    at: 4,
    audit: { action: 'publish', by: {} },
  })
  await store.remove(gun, 5, by)
  t.deepEqual(await readAll(store), [
    {
      at: 1,
      action: 'publish',
      gun,
      ...by,
      files: Object.fromEntries(files.map(({ role, sha256 }) => [role, { version: 1, sha256 }])),
    },
    { at: 3, action: 'rotate', gun, key: { role: 'timestamp', id: key.id } },
    { at: 4, action: 'publish', gun, files: {}, dropped: ['targets'] },
    { at: 5, action: 'delete', gun, ...by },
  ])
})

test('a publish that is refused is not told, and one that is made is, also of many at once', async (t) => {
  const { store } = opened(t)
  await publish(store, 1)
  const before = await store.state(gun)
  const tries = Array.from({ length: 5 }, async (_, i) => {
    const audit = { action: 'publish', by: { account: `u${i}` } } as const
    return store.publish(gun, { before, files: [newFile('timestamp', 2)], version: 2, sha256: '', at: 2, audit })
  })
  const others = ['a', 'b', 'c'].map((name) =>
    store.publish(parseGun(`localhost:5000/${name}`), {
      before: undefined,
      files: [newFile('timestamp', 1)],
      version: 1,
      sha256: '',
      at: 2,
      audit: { action: 'publish', by },
    }),
  )
  const ends = await Promise.allSettled(tries)
  await Promise.all(others)
  const refused = ends.filter((end) => end.status === 'rejected')
  t.is(refused.length, 4)
  t.true(refused.every(({ reason }) => reason instanceof PublicationConflict))
  t.is((await readAll(store)).length, 1 + 1 + 3)
})

const tamperings: Readonly<Record<string, (rows: RowStore) => Promise<void>>> = {
  'an entry that was changed': async (rows) => {
    const line = (await rows.get(auditKey(2))) ?? ''
    await rows.commit({ put: [{ key: auditKey(2), value: line.replace('"ann"', '"bob"') }] })
  },
  'an entry that was changed, with another hash': async (rows) => {
    const before = { number: 1, hash: hashIn((await rows.get(auditKey(1))) ?? '') }
    const json = (await rows.get(auditKey(2)))?.slice(65).replace('"ann"', '"bob"') ?? ''
    await rows.commit({ put: [{ key: auditKey(2), value: auditLine(before, json) }] })
  },
  'an entry that was removed': (rows) => rows.commit({ remove: [auditKey(2)] }),
  'the first that were removed': (rows) => rows.commit({ remove: [auditKey(1), auditKey(2)] }),
  'the last that were removed': (rows) => rows.commit({ remove: [auditKey(3), auditKey(4)] }),
  'an entry that cannot be read': (rows) => rows.commit({ put: [{ key: auditKey(3), value: 'nonsense' }] }),
}
for (const [title, tamper] of Object.entries(tamperings)) {
  test(`${title} is found`, async (t) => {
    const folder = join(temporaryFolder(t), 'trust')
    const store = await openTrustStore({ folder, ballast: 0 })
    for (let version = 1; version <= 4; version++) await publish(store, version)
    t.is((await readAll(store)).length, 4)
    await store.close()
    const rows = await openLevelRows(notaryDatabase, { folder, ballast: 0 })
    await tamper(rows)
    await rows.close()
    const again = await openTrustStore({ folder, ballast: 0 })
    t.teardown(() => again.close())
    const error = await t.throwsAsync(readAll(again), { code: 'AUDIT_BROKEN' })
    t.regex(error?.message ?? '', /entry [123] /)
    await publish(again, 5)
    await t.throwsAsync(readAll(again), { code: 'AUDIT_BROKEN' }, 'also when something came behind it')
  })
}

test('what is over its time or too much is cleared away, and the rest still is a chain', async (t) => {
  const { store } = opened(t, { time: 10, bytes: 1_000_000 })
  for (let version = 1; version <= 30; version++) await publish(store, version)
  const { start, last } = await store.audit({ after: 0, limit: 1 })
  t.like({ start, last }, { start: { number: 19 }, last: 30 })
  t.deepEqual(
    (await readAll(store)).map(({ at }) => at),
    Array.from({ length: 11 }, (_, i) => 20 + i),
  )
  const small = opened(t, { time: 1_000_000, bytes: 1000 })
  for (let version = 1; version <= 30; version++) await publish(small.store, version)
  const page = await small.store.audit({ after: 0, limit: 100 })
  const bytes = page.rows.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0)
  t.true(bytes <= 1000 && bytes > 500, `${bytes} bytes`)
  t.is((await readAll(small.store)).at(-1)?.at, 30)
})

test('the chain goes on when the store is opened again', async (t) => {
  const folder = join(temporaryFolder(t), 'trust')
  for (const version of [1, 2, 3]) {
    const store = await openTrustStore({ folder, ballast: 0, audit: { time: 1 } })
    await publish(store, version)
    t.is((await readAll(store)).at(-1)?.at, version)
    await store.close()
  }
  const rows = await openLevelRows(notaryDatabase, { folder, ballast: 0 }, withLogs())
  t.is((await rows.list({ prefix: 'audit ', limit: 10 })).length, 2)
  await rows.close()
})

test('a write that fails leaves no gap', async (t) => {
  const { store, rows } = opened(t)
  await publish(store, 1)
  await t.throwsAsync(rows.commit({ append: [{ log: 'audit', value: '{}' }], expect: [{ key: 'no', value: 'row' }] }))
  await publish(store, 2)
  t.is((await readAll(store)).length, 2)
})
