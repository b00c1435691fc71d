import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { eachRow } from '../../shared/rows/each-row.ts'
import { openLevelRows } from '../../shared/rows/level-rows.ts'
import type { DatabaseKind } from '../../shared/rows/open-level.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { imageOf, named, pushArtifact } from '../service/testing/images.ts'
import { movingName, refuseUnfinishedRestore } from '../storage/unfinished-restore.ts'
import { writeBackupFolder } from './folder-backup.ts'
import { folderMembers } from './folder-members.ts'
import type { FurtherParts, HeldDatabase } from './further-parts.ts'
import { databaseMemberName } from './members.ts'
import { openBackup } from './open-backup.ts'
import { noTarget, type ReadReport, readBackup } from './read-backup.ts'
import { restoreBackup } from './restore.ts'
import { type Held, heldMembers, openBench, readingMembers } from './testing/bench.ts'

const kind: DatabaseKind = {
  what: 'notes of the library',
  format: 1,
  formerFormats: [],
  afterRepair: [],
  whenBusy: 'Wait.',
  whenLost: 'Write them again.',
}

const further: FurtherParts = {
  databases: [{ name: 'notes', path: 'library/notes', kind }],
  files: [{ path: 'library/keys', kind: 'tree', about: 'keys' }],
}

const format = { key: 'format', value: '{"version":1}' }
/** Keys that the registry's own backup would leave out are nothing special here. */
const rows: readonly Row[] = [
  format,
  ...Array.from({ length: 3000 }, (_, i) => ({ key: `note ${String(i).padStart(6, '0')}`, value: `text ${i}\n"é"` })),
  { key: 'upload 1', value: 'kept' },
]

function notes(all = rows, name = 'notes'): HeldDatabase {
  return {
    name,
    async *rows() {
      for (let at = 0; at < all.length; at += 400) yield all.slice(at, at + 400)
    },
  }
}

const restore = (held: readonly Held[], root: string, more: object = { further }): Promise<ReadReport> =>
  restoreBackup(readingMembers(held), root, { atOnce: 1, ...more })

async function backedUp(t: Parameters<typeof openBench>[0], database = notes()): Promise<Held[]> {
  const bench = await openBench(t)
  await pushArtifact(bench.service, named('team/app'), imageOf('one'), ['1'])
  mkdirSync(join(bench.root, 'library/keys'), { recursive: true })
  writeFileSync(join(bench.root, 'library/keys/own.key'), 'secret', { mode: 0o600 })
  return bench.backUp(heldMembers, { databases: [database], files: further.files })
}

async function rowsIn(root: string): Promise<Row[]> {
  const store = await openLevelRows(kind, { folder: join(root, 'library/notes'), ballast: 0 })
  const found: Row[] = []
  for await (const row of eachRow(store, '')) found.push(row)
  await store.close()
  return found
}

test('what others keep beside the registry comes back with it', async (t) => {
  const held = await backedUp(t)
  t.true(held.filter(({ name }) => name.startsWith('databases/notes/')).length > 1, 'in several pieces')
  const root = join(temporaryFolder(t), 'new')
  const { manifest } = await restore(held, root)
  t.deepEqual(
    manifest.databases.map(({ name, rows: count }) => [name, count]),
    [['notes', rows.length]],
  )
  t.deepEqual(readdirSync(root).sort(), ['library', 'registry'])
  t.deepEqual(await rowsIn(root), rows)
  t.is(readFileSync(join(root, 'library/keys/own.key'), 'utf8'), 'secret')
  t.is(statSync(join(root, 'library/keys/own.key')).mode & 0o777, 0o600)
})

test('a data folder without a registry has a backup, too, and a folder takes what is new alone', async (t) => {
  const [root, folder, restored] = ['root', 'backup', 'new'].map((name) => join(temporaryFolder(t), name)) as [
    string,
    string,
    string,
  ]
  const backUp = async (all: readonly Row[]): ReturnType<typeof writeBackupFolder> =>
    writeBackupFolder(
      openBackup({ root, hold: undefined, databases: [notes(all)], files: further.files, by: 'a test', now: 0 }),
      { folder },
    )
  const first = await backUp(rows)
  const more = [...rows, { key: 'zone', value: '1' }]
  const second = await backUp(more)
  t.true(first.added.count > 2)
  t.deepEqual([second.added.count, second.removed], [1, 1], 'the last piece alone')
  await restoreBackup(folderMembers(folder), restored, { atOnce: 4, further })
  t.deepEqual(readdirSync(restored), ['library'])
  t.deepEqual(await rowsIn(restored), more)
})

test('a database that is damaged, unknown, newer or not all there is refused, and nothing is left', async (t) => {
  const held = await backedUp(t)
  const pieces = held.filter(({ name }) => name.startsWith('databases/'))
  const [first = '', second = ''] = pieces.map(({ name }) => name)
  const text = Buffer.from('["zz","1"]\n')
  const cases: readonly (readonly [string, readonly Held[], RegExp, object?])[] = [
    [
      'damaged',
      held.map((one) => (one.name === second ? { ...one, bytes: Buffer.from(one.bytes).fill(0, 100, 101) } : one)),
      /databases\/notes\/[0-9a-f]+ of the backup is damaged/,
    ],
    ['cut', held.filter(({ name }) => name !== second), /has not the databases that it should have/],
    [
      'another one',
      [...held.slice(0, -1), { name: databaseMemberName('other', digestOf(text)), bytes: text }, ...held.slice(-1)],
      /behind blobs/,
    ],
    [
      'out of order',
      held.toSorted(
        (a, b) =>
          Number(b.name === second) -
          Number(a.name === second) +
          Number(b.name === 'ibuild-backup.json') * 4 -
          Number(a.name === 'ibuild-backup.json') * 4,
      ),
      /not in order/,
    ],
    ['unknown', held, /a database that no backup has: notes/, {}],
    [
      'newer',
      await backedUp(t, notes([{ ...format, value: '{"version":2}' }])),
      /notes of the library in the backup are of a newer version/,
    ],
  ]
  t.not(first, second)
  for (const [what, members, message, more] of cases) {
    const root = join(temporaryFolder(t), 'new')
    await t.throwsAsync(restore(members, root, more), { code: 'BACKUP_INVALID', message }, what)
    t.deepEqual(readdirSync(root), [], what)
  }
})

test('a backup of the first format, which has no other databases, is read', async (t) => {
  const bench = await openBench(t)
  const held = await bench.backUp(heldMembers)
  const former = held.map(({ name, bytes }) => {
    if (name === 'ibuild-backup.json') return { name, bytes: Buffer.from('{"format":1}\n') }
    if (name !== 'manifest.json') return { name, bytes }
    const { manifest } = JSON.parse(Buffer.from(bytes).toString()) as { manifest: Record<string, unknown> }
    delete manifest['databases']
    return { name, bytes: Buffer.from(JSON.stringify({ digest: digestOf(JSON.stringify(manifest)), manifest })) }
  })
  const { manifest } = await readBackup(readingMembers(former), noTarget, { atOnce: 1 })
  t.deepEqual(manifest.databases, [])
})

test('the next backup in a folder of the first format says that it is of the second', async (t) => {
  const bench = await openBench(t)
  const folder = join(temporaryFolder(t), 'backup')
  const backUp = (): Promise<unknown> => bench.backUp((backup) => writeBackupFolder(backup, { folder }))
  await backUp()
  writeFileSync(join(folder, 'ibuild-backup.json'), '{"format":1}\n')
  await backUp()
  t.is(readFileSync(join(folder, 'ibuild-backup.json'), 'utf8'), '{"format":2}\n')
})

test('a restore that was killed while things got their places is taken back by the next one', async (t) => {
  const held = await backedUp(t)
  const root = join(temporaryFolder(t), 'new')
  await restore(held, root)
  const dead = join(root, 'restoring-1-1-000000000000-1')
  mkdirSync(dead)
  writeFileSync(join(dead, movingName), JSON.stringify(['library', 'registry']))
  await t.notThrowsAsync(refuseUnfinishedRestore(root), 'all is in its place')
  await t.throwsAsync(restore(held, root), { message: /is not empty/ })
  renameSync(join(root, 'registry'), join(dead, 'registry'))
  await t.throwsAsync(refuseUnfinishedRestore(root), { code: 'STORE_INVALID', message: /did not come to its end/ })
  writeFileSync(join(root, 'letter'), 'x')
  await t.throwsAsync(restore(held, root), { message: /is not empty/ })
  t.true(existsSync(join(root, 'letter')) && existsSync(join(root, 'library')), 'and nothing is taken away')
  renameSync(join(root, 'letter'), `${root}-letter`)
  mkdirSync(join(root, '.cache')) // by the command itself, where its user is at home there
  await restore(held, root)
  t.deepEqual(readdirSync(root).sort(), ['.cache', 'library', 'registry'])
  t.deepEqual(await rowsIn(root), rows)
})
