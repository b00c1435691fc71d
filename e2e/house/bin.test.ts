import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { asScript } from '../../scripts/as-script.ts'
import { repository } from '../../scripts/repository.ts'
import { needs } from '../testing/needs.ts'
import { run, runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'

/** A package of the bin alone around a script with the function `main`; one with another script is another version. */
function makePackage(folder: string, main: string): void {
  cpSync(join(repository, 'bin'), join(folder, 'bin'), { recursive: true })
  mkdirSync(join(folder, 'dist/command'), { recursive: true })
  writeFileSync(join(folder, 'dist/command/main.cjs'), asScript(`${main}\nexport {\n  main\n};\n`))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
}

/** What the bin prints around a command that prints its arguments; nothing is to be said on stderr. */
async function start(folder: string, env: Record<string, string | undefined>): Promise<string> {
  makePackage(folder, `async function main(argv) { process.stdout.write(argv.join()); return 0 }`)
  const options = { env: { XDG_CACHE_HOME: undefined, HOME: undefined, NODE_V8_COVERAGE: undefined, ...env } }
  const { stdout, stderr } = await runOk(process.execPath, [join(folder, 'bin/ibuild.cjs'), 'a', 'b'], options)
  return stdout + stderr
}

function keptIn(cache: string): string[] {
  return existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name)) : []
}

const halfOf = (file: Buffer): Buffer => file.subarray(0, file.length / 2)
const twice = (code: Buffer): Buffer => Buffer.concat([code, code])

test('compiled code is kept in the home folder, for its owner alone', async (t) => {
  const folder = temporaryFolder(t)
  t.is(await start(folder, { HOME: folder }), 'a,b')
  const [file = '', ...others] = keptIn(join(folder, '.cache/ibuild/code'))
  t.deepEqual(others, [])
  t.is(statSync(file).mode & 0o777, 0o600)
  t.is(statSync(join(folder, '.cache')).mode & 0o777, 0o700)
  const before = statSync(file)
  t.is(await start(folder, { HOME: folder }), 'a,b')
  t.is(statSync(file).ino, before.ino, 'what is kept is used, not written anew')
})

for (const [title, damage] of [
  ['empty', () => Buffer.alloc(0)],
  ['cut off', (file: Buffer) => file.subarray(0, file.length / 3)],
  ['of another version', (file: Buffer) => twice(Buffer.concat([Buffer.alloc(16, 1), halfOf(file).subarray(16)]))],
  [
    'damaged in one place',
    (file: Buffer) => Buffer.from(file.map((byte, i) => (i === file.length >> 2 ? ~byte : byte))),
  ],
] as const) {
  test(`kept code that is ${title} is written anew`, async (t) => {
    const folder = temporaryFolder(t)
    await start(folder, { HOME: folder })
    const [file = ''] = keptIn(join(folder, '.cache/ibuild/code'))
    const whole = readFileSync(file)
    t.deepEqual(whole, twice(halfOf(whole)))
    const damaged = damage(whole)
    writeFileSync(file, damaged)
    t.is(await start(folder, { HOME: folder }), 'a,b')
    t.is(readFileSync(file).length, whole.length)
    t.notDeepEqual(readFileSync(file), damaged)
  })
}

test('of another version of the command nothing is used', async (t) => {
  const folder = temporaryFolder(t)
  const options = { env: { HOME: folder, XDG_CACHE_HOME: undefined, NODE_V8_COVERAGE: undefined } }
  for (const word of ['one', 'two']) {
    makePackage(folder, `async function main() { process.stdout.write('${word}'); return 0 }`)
    for (let i = 0; i < 2; i++) {
      t.is((await runOk(process.execPath, [join(folder, 'bin/ibuild.cjs')], options)).stdout, word)
    }
  }
  t.is(keptIn(join(folder, '.cache/ibuild/code')).length, 2)
})

test('what a long run compiles is kept as well, and what nobody wrote for months goes', async (t) => {
  const folder = temporaryFolder(t)
  const cache = join(folder, '.cache/ibuild/code')
  const inner = Array.from({ length: 50 }, (_, i) => `function f${i}(a) { return [a, ${i}].map((x) => x + 1) }`)
  const calls = `[${inner.map((_, i) => `f${i}`).join()}].forEach((f) => f(1))`
  const main = `${inner.join('\n')}
async function main([long]) {
  if (long) { ${calls}; await new Promise((resolve) => setTimeout(resolve, 1010)) }
  return 0
}`
  makePackage(folder, main)
  const options = { env: { HOME: folder, XDG_CACHE_HOME: undefined, NODE_V8_COVERAGE: undefined } }
  const bin = join(folder, 'bin/ibuild.cjs')
  await runOk(process.execPath, [bin], options)
  const [file = ''] = keptIn(cache)
  const short = statSync(file).size
  await runOk(process.execPath, [bin, 'long'], options)
  t.true(statSync(file).size > short + 5000, `${short} became ${statSync(file).size}`)
  utimesSync(file, 0, 0)
  await start(folder, { HOME: folder })
  t.false(existsSync(file))
})

test('XDG_CACHE_HOME goes before the home folder', async (t) => {
  const folder = temporaryFolder(t)
  const cache = join(folder, 'cache')
  t.is(await start(folder, { HOME: folder, XDG_CACHE_HOME: cache }), 'a,b')
  t.is(keptIn(join(cache, 'ibuild/code')).length, 1)
  t.false(existsSync(join(folder, '.cache')))
})

test('without a folder of ours nothing is kept, and the command runs', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const HOME of [undefined, '', '/nonexistent', '/proc/1', '/dev/null', file]) {
    t.is(await start(folder, { HOME }), 'a,b', String(HOME))
  }
})

test('where it is switched off, nothing is kept', async (t) => {
  const folder = temporaryFolder(t)
  t.is(await start(folder, { HOME: folder, NODE_DISABLE_COMPILE_CACHE: '1' }), 'a,b')
  t.false(existsSync(join(folder, '.cache')))
})

test('a folder that others can write to is not used', async (t) => {
  const folder = temporaryFolder(t)
  const cache = join(folder, '.cache/ibuild/code')
  mkdirSync(cache, { recursive: true })
  chmodSync(cache, 0o777)
  t.is(await start(folder, { HOME: folder }), 'a,b')
  t.deepEqual(keptIn(cache), [])
})

needs(test, 'root')("another user's home is not used, and nothing is put there", async (t) => {
  const folder = temporaryFolder(t)
  const home = join(folder, 'home')
  mkdirSync(home)
  chownSync(home, 65534, 65534)
  t.is(await start(folder, { HOME: home }), 'a,b')
  t.deepEqual(readdirSync(home), [])
  mkdirSync(join(home, '.cache/ibuild/code'), { recursive: true })
  chownSync(join(home, '.cache'), 65534, 65534)
  t.is(await start(folder, { HOME: home }), 'a,b')
  t.deepEqual(keptIn(join(home, '.cache/ibuild/code')), [])
})

test('work that comes to rest without an end is a failure, not a success', async (t) => {
  const folder = temporaryFolder(t)
  makePackage(folder, 'async function main() { await new Promise(() => undefined) }')
  const { code, stderr } = await run(process.execPath, [join(folder, 'bin/ibuild.cjs')])
  t.is(code, 1)
  t.regex(stderr, /^ibuild: the work stopped before its end\nhint: /)
})

test('a failure of that kind tells what was not finished, in a few words', async (t) => {
  const folder = temporaryFolder(t)
  const script = `async function main() { await new Promise(() => undefined) }
function unfinished() { return Array.from({ length: 30 }, (_, i) => 'work ' + (i + 1)) }
export {
  main,
  unfinished
};
`
  makePackage(folder, '')
  writeFileSync(join(folder, 'dist/command/main.cjs'), asScript(script))
  const { code, stderr } = await run(process.execPath, [join(folder, 'bin/ibuild.cjs')])
  t.is(code, 1)
  const [first, second, ...hint] = stderr.trimEnd().split('\n')
  t.is(first, 'ibuild: the work stopped before its end')
  t.regex(second ?? '', /^unfinished: work 1; work 2; .*; work 20$/)
  t.is(hint.length, 1)
})

test('the command itself tells for what it waited', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1')
  t.teardown(() => silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  // No connection keeps the process, nor does the time that one may take to be made.
  const code = `
    import net from 'node:net'
    const { setTimeout } = globalThis
    globalThis.setTimeout = (...args) => setTimeout(...args).unref()
    const { connect } = net.Socket.prototype
    net.Socket.prototype.connect = function (...args) { return connect.apply(this, args).unref() }
    net.Socket.prototype.ref = function () { return this }`
  const preload = `data:text/javascript,${encodeURIComponent(code)}`
  const bin = join(repository, 'bin/ibuild.cjs')
  const ended = await run(process.execPath, ['--import', preload, bin, 'search', '--insecure', `127.0.0.1:${port}`])
  t.is(ended.code, 1)
  t.regex(ended.stderr, new RegExp(`^unfinished: search; GET to 127\\.0\\.0\\.1:${port} waits for a`, 'm'))
})

test('the exit code is the one of the command', async (t) => {
  const folder = temporaryFolder(t)
  makePackage(folder, 'async function main() { return 3 }')
  t.is((await run(process.execPath, [join(folder, 'bin/ibuild.cjs')])).code, 3)
})
