import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { startWriteBack } from './write-back.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'write-back-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test('a part of a file is sent to the disk, and stays what it is', async (t) => {
  const file = path.join(folder, 'file')
  writeFileSync(file, 'x'.repeat(100_000))
  const fd = openSync(file, 'r+')
  t.true(await startWriteBack(fd, 10_000, 50_000))
  closeSync(fd)
  t.is(readFileSync(file, 'latin1'), 'x'.repeat(100_000))
})

test('what has no pages cannot be', async (t) => {
  t.false(await startWriteBack(9999, 0, 1))
})
