import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { repository } from '../../scripts/repository.ts'
import { digestOf } from '../registry/server/client.ts'
import { startServing } from '../registry/server/serving.ts'
import { needs, skipFor } from '../testing/needs.ts'
import { run, runOk } from '../testing/run.ts'
import { busyboxTar } from '../testing/workspace.ts'

const folder = mkdtempSync(join(tmpdir(), 'ibuild-package-'))
const home = join(folder, 'home')
const installed = join(folder, 'node_modules/ibuild')
const command = join(folder, 'node_modules/.bin/ibuild')

test.before('pack, and install the tarball into an empty folder', async () => {
  mkdirSync(home)
  const quiet = ['--silent', '--no-audit', '--no-fund']
  await runOk('npm', ['pack', ...quiet, `--pack-destination=${folder}`], { cwd: repository, timeout: 300_000 })
  const [tarball = ''] = globSync('ibuild-*.tgz', { cwd: folder })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  await runOk('npm', ['install', ...quiet, '--prefer-offline', `./${tarball}`], { cwd: folder, timeout: 300_000 })
})

test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test('the package holds what runs and what describes it, no sources and no tests', (t) => {
  const files = globSync('**/*', { cwd: installed, exclude: ['node_modules'] }).sort()
  for (const name of [
    'bin/ibuild.cjs',
    'bin/kept-code.cjs',
    'dist/command/main.cjs',
    'dist/index.js',
    'dist/NOTICES.txt',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
  ]) {
    t.true(files.includes(name), name)
  }
  t.deepEqual(
    files.filter((file) => /(?<!\.d)\.ts$|test|\.map$/.test(file)),
    [],
  )
})

test('only packages with native code, and what these need, are installed beside it', (t) => {
  const needsOf = (name: string): string[] => {
    const file = join(folder, 'node_modules', name, 'package.json')
    return Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: object }).dependencies ?? {})
  }
  const reached = new Set(['ibuild'])
  for (const name of reached) for (const needed of needsOf(name)) reached.add(needed)
  t.deepEqual(needsOf('ibuild').sort(), ['@node-rs/bcrypt', 'koffi', 'level'])
  const wanted = [...reached].filter((name) => name !== '@node-rs/bcrypt').sort() // what is in folders of @ is not compared
  const found = globSync('{*,@*/*}', {
    cwd: join(folder, 'node_modules'),
    exclude: (name) => name.startsWith('@koromix'),
  })
  t.deepEqual(found.filter((name) => !name.startsWith('@') && !name.startsWith('.')).sort(), wanted)
})

test('the command builds an image FROM scratch and lists it', async (t) => {
  const context = join(folder, 'context')
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY hello /\nCMD ["/hello"]\n')
  writeFileSync(join(context, 'hello'), 'hello\n')
  const root = ['--root', join(folder, 'root')]
  const options = { env: { HOME: home } }
  await runOk(command, [...root, '-t', 'x:1', context], options)
  const { stdout } = await runOk(command, ['images', ...root], options)
  t.regex(stdout, /\bx\b.*\b1\b/)
  t.true(existsSync(join(home, '.cache/ibuild/code')), 'compiled code is kept in the home folder')
})

needs(test, 'curl')(
  'the command serves a registry, with TLS of its own and an account, and is asked about it',
  async (t) => {
    const root = ['--root', join(folder, 'served')]
    const args = [...root, '--listen', '127.0.0.1:0', '--tls', 'auto']
    const add = ['registry', 'user', 'add', 'ann', '--password-stdin', ...root]
    await runOk(command, add, { env: { HOME: home }, input: 'secret' })
    const serving = await startServing(t, args, { env: { HOME: home }, ibuild: [command] })
    const ca = ['--cacert', join(folder, 'served/registry/tls/ca.crt'), '-u', 'ann:secret']
    const bytes = randomBytes(3_000_000) // enough for a thread that hashes
    const place = `${serving.url}/v2/a/b/blobs`
    const url = `${place}/uploads/?digest=${digestOf(bytes)}`
    const curl = async (...words: string[]): Promise<string> =>
      (await runOk('curl', ['-sS', '--fail-with-body', ...ca, ...words], { input: bytes })).stdout
    await curl('-X', 'POST', '--data-binary', '@-', url)
    t.regex(await curl('-I', `${place}/${digestOf(bytes)}`), /content-length: 3000000/i)
    t.regex(await curl(`${serving.url}/metrics`), /^ibuild_registry_requests_total\{/m)
    const { stdout } = await runOk(command, ['registry', 'read-only', 'on', ...root], { env: { HOME: home } })
    t.is(stdout, 'read-only: on\n')
    t.is(await serving.stop(), 0)
  },
)

test('the command says its version', async (t) => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
  t.is((await runOk(command, ['--version'])).stdout, `ibuild ${version}\n`)
})

const strict = '--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --target es2024 --types node --noEmit'
const resolutions: [name: string, flags: string][] = [
  ['nodenext', '--module nodenext'],
  ['bundler', '--module esnext --moduleResolution bundler'],
]

for (const [name, flags] of resolutions) {
  test(`the declarations hold in a strict consumer that resolves as ${name}`, async (t) => {
    const consumer = makeConsumer(name)
    const examples = writeExamples(consumer, '/var/lib/ibuild')
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const files = ['consumer.mts', ...examples]
    const args = [...strict.split(' '), ...flags.split(' '), '--lib', 'es2024,esnext.disposable', ...files]
    const { code, stdout } = await run(process.execPath, [tsc, ...args], { cwd: consumer })
    t.is(stdout, '')
    t.is(code, 0)
  })
}

test('a program imports the library, builds with it, saves, and ends by itself', async (t) => {
  const consumer = makeConsumer('run')
  writeFileSync(join(consumer, 'Dockerfile'), 'FROM scratch\nCOPY consumer.mts /\n')
  const archive = join(consumer, 'x.tar')
  await runOk(process.execPath, ['consumer.mts', join(consumer, 'root'), consumer, archive], {
    cwd: consumer,
    timeout: 20_000,
  })
  const { stdout } = await runOk('tar', ['-tf', archive])
  t.true(stdout.split('\n').includes('manifest.json'))
})

test('the examples of the README do what they say', async (t) => {
  const consumer = makeConsumer('readme')
  const [first, second, ...others] = writeExamples(consumer, join(consumer, 'root'))
  t.deepEqual(others, [])
  writeFileSync(join(consumer, 'Dockerfile'), 'FROM scratch\nCOPY a /\nCOPY b /a\n')
  writeFileSync(join(consumer, 'a'), 'aaa')
  writeFileSync(join(consumer, 'b'), 'b')
  const { stdout } = await runOk(process.execPath, [first ?? ''], { cwd: consumer })
  t.regex(stdout, /^sha256:[0-9a-f]{64}\n$/)
  const more = await runOk(process.execPath, [second ?? ''], { cwd: consumer })
  t.is(more.stderr, '')
  t.regex(more.stdout, /^(?:step-cached .*COPY . .*\n){2}75\.0% of what the layers hold/)
  const index = await runOk('tar', ['-xOf', join(consumer, 'hello.tar'), 'manifest.json'])
  const [image] = JSON.parse(index.stdout) as { RepoTags: string[]; Layers: string[] }[]
  t.deepEqual(image?.RepoTags, ['hello:small'])
  t.is(image?.Layers.length, 1)
})

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)('a program that imports the library runs commands, and stops them', async (t) => {
  const consumer = makeConsumer('commands')
  writeFileSync(join(consumer, 'Dockerfile'), 'FROM busybox\nRUN echo a > /a\nARG WAIT=0\nRUN sleep $WAIT\n')
  const script = `import { build, importRootfs } from 'ibuild'
const root = 'root'
await importRootfs({ root, tar: process.stdin, name: 'busybox' })
const common = { root, context: { kind: 'directory', path: '.' } }
console.log((await build(common)).imageID)
const signal = AbortSignal.timeout(1500)
await build({ ...common, buildArgs: new Map([['WAIT', '60']]), signal }).catch(({ code }) => console.log(code))`
  writeFileSync(join(consumer, 'commands.mjs'), script)
  const options = { cwd: consumer, input: await busyboxTar(), timeout: 30_000 }
  const { stdout } = await runOk(process.execPath, ['commands.mjs'], options)
  t.regex(stdout, /^sha256:[0-9a-f]{64}\nCANCELLED\n$/)
})

test('a CommonJS program requires the library', async (t) => {
  const script =
    "const { build, IbuildError } = require('ibuild'); console.log(typeof build, new IbuildError('USAGE', 'x').code)"
  const { stdout, stderr } = await runOk(process.execPath, ['-e', script], { cwd: folder })
  t.is(stdout, 'function USAGE\n')
  t.is(stderr, '')
})

/** Writes the blocks of the README's section on the library as files, with another data folder; gives their names. */
function writeExamples(consumer: string, root: string): string[] {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const section = readme.split(/^## /m).find((text) => text.startsWith('Use as a library')) ?? ''
  return [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ''], i) => {
    const name = `example-${i + 1}.mts`
    writeFileSync(join(consumer, name), code.replace('/var/lib/ibuild', root))
    return name
  })
}

/** A folder with the installed package, the types of Node and a program. */
function makeConsumer(name: string): string {
  const consumer = join(folder, `consumer-${name}`)
  mkdirSync(join(consumer, 'node_modules'), { recursive: true })
  symlinkSync(installed, join(consumer, 'node_modules/ibuild'))
  symlinkSync(join(repository, 'node_modules/@types'), join(consumer, 'node_modules/@types'))
  cpSync(join(import.meta.dirname, 'consumer.txt'), join(consumer, 'consumer.mts'))
  return consumer
}

skipFor(test, oldNode() === undefined ? 'needs a Node.js older than 24 in /usr/bin' : undefined)(
  'an old Node says in one line what is needed, and ends with 2',
  async (t) => {
    for (const args of [[], ['--version'], ['build', '.']]) {
      const { code, stdout, stderr } = await run('/usr/bin/node', [join(installed, 'bin/ibuild.cjs'), ...args])
      t.regex(stderr, /^ibuild needs Node\.js 24 or newer; this is Node\.js \d+\.\d+\.\d+ \(.*node\)\n$/)
      t.is(stdout, '')
      t.is(code, 2)
    }
  },
)

function oldNode(): string | undefined {
  if (!existsSync('/usr/bin/node')) return undefined
  const version = execFileSync('/usr/bin/node', ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
  return Number.parseInt(version, 10) < 24 ? version : undefined
}
