import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { repository } from '../../scripts/repository.ts'
import { needs } from '../testing/needs.ts'
import { run, runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'

/** A package of the bin alone around a module with the function `main`. */
function makePackage(folder: string, main: string): void {
  cpSync(join(repository, 'bin'), join(folder, 'bin'), { recursive: true })
  mkdirSync(join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'dist/main.js'), main)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
}

/** Runs the bin around a command that prints whether the compile cache is on. */
async function start(folder: string, env: Record<string, string | undefined>): Promise<string> {
  makePackage(
    folder,
    `import { getCompileCacheDir } from 'node:module'
export async function main(argv) { process.stdout.write([getCompileCacheDir() ?? 'none', ...argv].join()); return 0 }`,
  )
  const options = { env: { XDG_CACHE_HOME: undefined, HOME: undefined, NODE_COMPILE_CACHE: undefined, ...env } }
  return (await runOk(process.execPath, [join(folder, 'bin/ibuild.cjs'), 'a', 'b'], options)).stdout
}

test('the compile cache lies in the home folder, for its owner alone', async (t) => {
  const folder = temporaryFolder(t)
  t.true((await start(folder, { HOME: folder })).startsWith(join(folder, '.cache/ibuild/code/')))
  t.is(statSync(join(folder, '.cache')).mode & 0o777, 0o700)
  t.regex(await start(folder, { HOME: folder }), /,a,b$/, 'again, now that the folders are there')
})

test('XDG_CACHE_HOME goes before the home folder', async (t) => {
  const folder = temporaryFolder(t)
  const cache = join(folder, 'cache')
  t.true((await start(folder, { HOME: folder, XDG_CACHE_HOME: cache })).startsWith(join(cache, 'ibuild/code/')))
  t.false(existsSync(join(folder, '.cache')))
})

test('without a folder of ours there is no cache, and the command runs', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const HOME of [undefined, '', '/nonexistent', '/proc/1', '/dev/null', file]) {
    t.is(await start(folder, { HOME }), 'none,a,b', String(HOME))
  }
})

test('a cache that others can write to is not used', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, '.cache/ibuild/code'), { recursive: true })
  chmodSync(join(folder, '.cache/ibuild/code'), 0o777)
  t.is(await start(folder, { HOME: folder }), 'none,a,b')
})

needs(test, 'root')("another user's home is not used, and nothing is put there", async (t) => {
  const folder = temporaryFolder(t)
  const home = join(folder, 'home')
  mkdirSync(home)
  chownSync(home, 65534, 65534)
  t.is(await start(folder, { HOME: home }), 'none,a,b')
  t.deepEqual(readdirSync(home), [])
  mkdirSync(join(home, '.cache/ibuild/code'), { recursive: true })
  chownSync(join(home, '.cache'), 65534, 65534)
  t.is(await start(folder, { HOME: home }), 'none,a,b')
})

test('work that comes to rest without an end is a failure, not a success', async (t) => {
  const folder = temporaryFolder(t)
  makePackage(folder, 'export async function main() { await new Promise(() => undefined) }')
  const { code, stderr } = await run(process.execPath, [join(folder, 'bin/ibuild.cjs')])
  t.is(code, 1)
  t.regex(stderr, /^ibuild: the work stopped before its end\nhint: /)
})

test('the exit code is the one of the command', async (t) => {
  const folder = temporaryFolder(t)
  makePackage(folder, 'export async function main() { return 3 }')
  t.is((await run(process.execPath, [join(folder, 'bin/ibuild.cjs')])).code, 3)
})
