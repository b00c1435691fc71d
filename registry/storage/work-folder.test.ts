import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { ownOwner } from '../../shared/cas/owner.ts'
import { claimWorkFolder, workFolders } from './work-folder.ts'

/** The name of another process, which runs until the result is called. */
function otherOwner(t: ExecutionContext): { readonly owner: string; readonly end: () => Promise<void> } {
  const child = spawn('sleep', ['60'])
  t.teardown(() => child.kill('SIGKILL'))
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { owner: ownOwner().replace(/^\d+-\d+/, `${child.pid}-${startTime}`), end }
}

test('there is one work folder at a time: another process that lives keeps its own', async (t) => {
  const parent = temporaryFolder(t)
  const { owner, end } = otherOwner(t)
  mkdirSync(join(parent, `work-${owner}`))
  writeFileSync(join(parent, `work-${owner}/half`), 'x')
  t.deepEqual(
    (await workFolders(parent, 'work')).map(({ isAlive }) => isAlive),
    [true],
  )
  await t.throwsAsync(claimWorkFolder(parent, 'work'), { code: 'SERVER_BUSY' })
  t.deepEqual(readdirSync(parent), [`work-${owner}`])
  await end()
  const mine = await claimWorkFolder(parent, 'work')
  t.deepEqual(readdirSync(parent), [`work-${ownOwner()}`], 'what a dead one left is gone')
  await mine[Symbol.asyncDispose]()
  t.deepEqual(readdirSync(parent), [])
})

test('one process has one of a kind', async (t) => {
  const parent = temporaryFolder(t)
  await using mine = await claimWorkFolder(parent, 'work')
  await t.throwsAsync(claimWorkFolder(parent, 'work'), { code: 'SERVER_BUSY' })
  t.true(existsSync(mine.path))
  const other = await claimWorkFolder(parent, 'restoring')
  await other[Symbol.asyncDispose]()
  t.true(existsSync(mine.path))
})

test('files of others with a like name are no work folders', async (t) => {
  const parent = temporaryFolder(t)
  mkdirSync(join(parent, 'workshop'))
  t.deepEqual(await workFolders(parent, 'work'), [])
  t.deepEqual(await workFolders(join(parent, 'nowhere'), 'work'), [])
})
