import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { createModelInventory } from '../../retention/run/testing/model-inventory.ts'
import type { RetentionService } from '../../retention/run/types.ts'
import { daemonName, isDaemonName } from './daemon-name.ts'
import { openSource, type SourceOptions } from './open-source.ts'

const policy = 'version: 1\nmode: propose\n'

async function open(root: string, more: Pick<SourceOptions, 'daemon' | 'onlyReads'> = {}): Promise<RetentionService> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const inventory = () => createModelInventory({ source: 'docker', canUndo: false })
  const { service } = await openSource({ root, source: 'docker', inventory, checkCron: () => undefined, log, ...more })
  return service
}

/** The version of the policy that is in force. */
async function versionIn(root: string, daemon: string, onlyReads = false): Promise<number> {
  const service = await open(root, { daemon, onlyReads })
  const { version } = await service.policies.show()
  await service.close()
  return version
}

test('each Docker daemon has a state of its own, and two are looked after at once', async (t) => {
  const root = temporaryFolder(t)
  const [one, two] = [daemonName('unix:///one/docker.sock'), daemonName('tcp://host:2375')]
  const [first, second] = [await open(root, { daemon: one }), await open(root, { daemon: two })]
  await first.policies.set(policy, 'ann')
  t.is((await second.policies.show()).version, 0)
  await t.throwsAsync(open(root, { daemon: one }), { code: 'SERVER_BUSY' })
  await first.close()
  await second.close()
  t.is(await versionIn(root, one), 1)
  t.deepEqual(readdirSync(join(root, 'retention/docker')).sort(), [one, two].sort())
})

test('what all daemons shared is taken over by the next one, and by one alone', async (t) => {
  const root = temporaryFolder(t)
  const [one, two] = [daemonName('unix:///one/docker.sock'), daemonName('unix:///two/docker.sock')]
  const shared = await open(root)
  await shared.policies.set(policy, 'ann')
  await t.throwsAsync(open(root, { daemon: one }), { code: 'SERVER_BUSY' }, 'as long as somebody has it')
  await shared.close()
  t.is(await versionIn(root, two, true), 1, 'who only looks sees it')
  t.true(existsSync(join(root, 'retention/docker/db')), 'and leaves it where it is')
  t.is(await versionIn(root, one), 1)
  t.is(await versionIn(root, two), 0)
  t.is(await versionIn(root, one), 1)
  t.false(existsSync(join(root, 'retention/docker/db')))
})

test('the name of a daemon stands for where it listens', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'run'))
  symlinkSync('run', join(folder, 'var-run'))
  const name = daemonName(`unix://${folder}/run/docker.sock`)
  t.true(isDaemonName(name))
  t.is(daemonName(`unix://${folder}/var-run/docker.sock`), name)
  t.is(daemonName('tcp://Host:2375'), daemonName('tcp://host'))
  t.is(new Set(['unix:///a', 'unix:///b', 'tcp://a', 'tcp://a:1', 'tcp://a/b'].map(daemonName)).size, 5)
  for (const other of ['', 'db', 'rows.sock', 'abcdefghijk', 'abcdefghiz', '../abcdefg']) t.false(isDaemonName(other))
  t.throws(() => daemonName('docker.sock'), { code: 'USAGE' })
})
