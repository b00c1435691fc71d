import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { notaryDatabase, openTrustStore } from '../../../notary/store/open-trust-store.ts'
import { writeBackupFolder } from '../../../registry/backup/folder-backup.ts'
import { folderMembers } from '../../../registry/backup/folder-members.ts'
import type { HeldDatabase } from '../../../registry/backup/further-parts.ts'
import { noTarget, readBackup } from '../../../registry/backup/read-backup.ts'
import { filesBelow, heldMembers, openBench } from '../../../registry/backup/testing/bench.ts'
import { imageOf, named, pushArtifact } from '../../../registry/service/testing/images.ts'
import { refuseUnfinishedRestore } from '../../../registry/storage/unfinished-restore.ts'
import { formatKey } from '../../../shared/rows/open-level.ts'
import { type CrashOptions, crashEveryCall } from '../../testing/crash.ts'
import { needs } from '../../testing/needs.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'

const app = named('team/app')

/** A notary beside the registry, of which nothing but its format is there. */
const collections: HeldDatabase = {
  name: 'collections',
  async *rows() {
    yield [{ key: formatKey, value: JSON.stringify({ version: notaryDatabase.format }) }]
  },
}

needs(test.serial, 'cc')(
  'a restore that is killed at any call is whole or refused, and the next one is whole',
  async (t) => {
    t.timeout(300_000)
    const folder = temporaryFolder(t)
    const [root, backup] = [join(folder, 'root'), join(folder, 'backup')]
    const bench = await openBench(t, join(folder, 'data'))
    await pushArtifact(bench.service, app, imageOf('one'), ['1'])
    await bench.backUp((made) => writeBackupFolder(made, { folder: backup }), { databases: [collections] })
    const expected = filesBelow(bench.root)
    const isWhole = (): boolean => existsSync(join(root, 'registry'))
    let halves = 0
    const killed: CrashOptions = {
      script: ibuildScript,
      args: ['registry', 'restore', backup, '--root', root],
      within: root,
      prepare: () => {
        if (isWhole()) rmSync(root, { recursive: true })
      },
      check: async (at) => {
        halves += !isWhole() && existsSync(join(root, 'notary')) ? 1 : 0
        if (isWhole()) t.deepEqual(filesOf(root), expected, at)
        else if (existsSync(root) && readdirSync(root).length > 0)
          await t.throwsAsync(refuseUnfinishedRestore(root), { code: 'STORE_INVALID' }, at)
      },
    }
    const { kills, reached } = await crashEveryCall({ ...killed, most: 24 })
    t.log(reached)
    t.true(kills > 10)
    t.deepEqual(filesOf(root), expected)
    await crashEveryCall({ ...killed, calls: ['rename'] })
    t.true(halves > 0, 'also between the two that get their places')
    t.deepEqual(filesOf(root), expected)
    const store = await openTrustStore({ folder: join(root, 'notary/metadata') })
    t.deepEqual(await store.collections({ limit: 1 }), [])
    await store.close()
  },
)

needs(test.serial, 'cc')('a backup that is killed at any call leaves the one before or the new one', async (t) => {
  t.timeout(300_000)
  const folder = temporaryFolder(t)
  const [backup, saved] = [join(folder, 'backup'), join(folder, 'saved')]
  const bench = await openBench(t, join(folder, 'data'))
  await pushArtifact(bench.service, app, imageOf('one'), ['1'])
  await bench.backUp((made) => writeBackupFolder(made, { folder: saved }))
  await bench.service.manifests.remove(app, { digest: imageOf('one').digest })
  await pushArtifact(bench.service, app, imageOf('two'), ['2'])
  const wanted = (await bench.backUp(heldMembers)).map(({ name }) => name).sort()
  await bench.service.close()
  const old = readFileSync(join(saved, 'manifest.json'), 'utf8')
  const isOld = (): boolean =>
    existsSync(join(backup, 'manifest.json')) && readFileSync(join(backup, 'manifest.json'), 'utf8') === old
  let whole = 0
  const { kills, reached } = await crashEveryCall({
    script: ibuildScript,
    args: ['registry', 'backup', '--root', bench.root, `${backup}/`],
    within: backup,
    prepare: () => {
      rmSync(backup, { recursive: true, force: true })
      cpSync(saved, backup, { recursive: true })
    },
    check: async (at) => {
      const { damaged } = await readBackup(folderMembers(backup), noTarget, { atOnce: 1 })
      t.deepEqual(damaged, [], at)
      whole += isOld() ? 0 : 1
    },
  })
  t.log(reached, whole)
  t.true(kills > 10 && whole > 0)
  t.deepEqual([...filesBelow(backup).keys()].sort(), wanted)
})

/** Without the database of the notary, and what a restore that was killed at its end leaves empty. */
function filesOf(root: string): Map<string, Buffer> {
  const isOurs = (name: string): boolean => !/^(?:notary\/metadata|restoring-[^/]*\/moving\.json$)/.test(name)
  return new Map([...filesBelow(root)].filter(([name]) => isOurs(name)))
}
