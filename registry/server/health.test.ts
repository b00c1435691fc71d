import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { diskProbe, readinessOf } from './health.ts'

test('a folder that can be written to is, and nothing stays of the probe', async (t) => {
  const folder = temporaryFolder(t)
  const probe = diskProbe(folder)
  t.deepEqual(await Promise.all([probe(), probe(), probe()]), [true, true, true])
  t.deepEqual(readdirSync(folder), [])
})

test('a folder that is gone or closed cannot be written to', async (t) => {
  const folder = join(temporaryFolder(t), 'a')
  t.false(await diskProbe(folder)())
  mkdirSync(folder)
  chmodSync(folder, 0o500)
  t.is(await diskProbe(folder)(), process.getuid?.() === 0)
  rmSync(folder, { recursive: true })
})

test('each problem is told, none with a path', (t) => {
  t.deepEqual(readinessOf({ isDraining: false, canWrite: true }), { isReady: true, problems: [] })
  t.is(readinessOf({ isDraining: true, canWrite: false }).problems.length, 2)
})
