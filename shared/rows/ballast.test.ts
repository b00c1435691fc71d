import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { createBallast } from './ballast.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'ballast-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
const mebibyte = 1024 * 1024

test('a ballast takes its bytes, and gives them back once', async (t) => {
  const file = path.join(folder, 'a')
  const ballast = createBallast(file, mebibyte)
  await ballast.restore()
  t.is(statSync(file).size, mebibyte)
  t.true(statSync(file).blocks * 512 >= mebibyte, 'it is no hole')
  t.true(await ballast.release())
  t.false(existsSync(file))
  t.false(await ballast.release())
  await ballast.restore()
  t.false(existsSync(file), 'not again at once')
})

test('it takes nothing where there is not plenty, and does without a folder', async (t) => {
  const file = path.join(folder, 'b')
  await createBallast(file, 2 ** 50).restore()
  t.false(existsSync(file))
  await createBallast(file, 0).restore()
  t.false(existsSync(file))
  const nowhere = createBallast(path.join(folder, 'none', 'c'), mebibyte)
  await t.notThrowsAsync(nowhere.restore())
  t.false(await nowhere.release())
})

test('one that was cut short is made whole', async (t) => {
  const file = path.join(folder, 'd')
  await createBallast(file, mebibyte).restore()
  await createBallast(file, 2 * mebibyte).restore()
  t.is(statSync(file).size, 2 * mebibyte)
})
