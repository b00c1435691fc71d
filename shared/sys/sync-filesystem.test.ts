import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { syncFilesystem } from './sync-filesystem.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'sync-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test.serial('a filesystem is synced, by the program or without it', async (t) => {
  writeFileSync(path.join(folder, 'file'), 'x')
  await t.notThrowsAsync(syncFilesystem(folder))
  const { PATH } = process.env
  process.env['PATH'] = folder
  await t.notThrowsAsync(syncFilesystem(folder))
  process.env['PATH'] = PATH
})

test.serial('a path that is not there is an error', async (t) => {
  await t.throwsAsync(syncFilesystem(path.join(folder, 'missing')), { code: 'SYSTEM_CALL', message: /missing/ })
})
