import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { runProgram } from '../sys/run-program.ts'
import { makeDataRoot } from './data-root.ts'

test('a data folder is made with those above it, for its owner alone', async (t) => {
  const folder = temporaryFolder(t)
  await makeDataRoot(join(folder, 'a/b/c'))
  t.is(statSync(join(folder, 'a/b/c')).mode & 0o777, 0o700)
})

test('one that is there stays as it is', async (t) => {
  const folder = join(temporaryFolder(t), 'a')
  mkdirSync(folder, { mode: 0o755 })
  await makeDataRoot(folder)
  t.is(statSync(folder).mode & 0o777, 0o755)
})

test('a file, and what cannot be made, are told', async (t) => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  for (const [root, errno] of [
    [file, 'EEXIST'],
    [join(file, 'below'), 'EEXIST'],
    ['/proc/nowhere/data', 'ENOENT'],
    [join(file, '..', 'x'.repeat(300)), 'ENAMETOOLONG'],
  ] as const) {
    const error = await t.throwsAsync(makeDataRoot(root), { code: 'STORE_INVALID' })
    t.true(error?.message.includes(`${root} cannot be the data folder (${errno})`), error?.message)
  }
})

test('a folder of someone else is told as such', async (t) => {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o755)
  const script = `import { makeDataRoot } from ${JSON.stringify(import.meta.resolve('./data-root.ts'))}
    if (process.getuid() === 0) process.setuid(65534)
    await makeDataRoot(${JSON.stringify(folder)}).catch((error) => console.log(error.code, error.message))`
  if (process.getuid?.() !== 0) chmodSync(folder, 0o555)
  const { stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', script], {
    input: '',
    env: process.env,
    timeout: 30_000,
  })
  t.is(stdout, `STORE_INVALID ${folder} cannot be the data folder (EACCES)\n`, stderr)
})
