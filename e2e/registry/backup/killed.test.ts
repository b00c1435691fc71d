import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { writeBackupFolder } from '../../../registry/backup/folder-backup.ts'
import { folderMembers } from '../../../registry/backup/folder-members.ts'
import { noTarget, readBackup } from '../../../registry/backup/read-backup.ts'
import { filesBelow, heldMembers, openBench } from '../../../registry/backup/testing/bench.ts'
import { imageOf, named, pushArtifact } from '../../../registry/service/testing/images.ts'
import { refuseUnfinishedRestore } from '../../../registry/storage/unfinished-restore.ts'
import { crashEveryCall } from '../../testing/crash.ts'
import { needs } from '../../testing/needs.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'

const app = named('team/app')

needs(test.serial, 'cc')(
  'a restore that is killed at any call is whole or refused, and the next one is whole',
  async (t) => {
    t.timeout(300_000)
    const folder = temporaryFolder(t)
    const [root, backup] = [join(folder, 'root'), join(folder, 'backup')]
    const bench = await openBench(t, join(folder, 'data'))
    await pushArtifact(bench.service, app, imageOf('one'), ['1'])
    await bench.backUp((made) => writeBackupFolder(made, { folder: backup }))
    const expected = filesBelow(bench.root)
    const isWhole = (): boolean => existsSync(join(root, 'registry'))
    const { kills, reached } = await crashEveryCall({
      script: ibuildScript,
      args: ['registry', 'restore', backup, '--root', root],
      within: root,
      most: 24,
      prepare: () => {
        if (isWhole()) rmSync(root, { recursive: true })
      },
      check: async (at) => {
        if (isWhole()) t.deepEqual(filesBelow(root), expected, at)
        else if (existsSync(root) && readdirSync(root).length > 0)
          await t.throwsAsync(refuseUnfinishedRestore(root), { code: 'STORE_INVALID' }, at)
      },
    })
    t.log(reached)
    t.true(kills > 10)
    t.deepEqual(filesBelow(root), expected)
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
