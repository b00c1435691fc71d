import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Metafile } from 'esbuild'
import { bundle } from '../../scripts/bundle.ts'
import { packageFolder } from '../../scripts/notices.ts'
import { repository } from '../../scripts/repository.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'
import { loadedWith } from './bundle-graph.ts'

/** Packages that a build which finds everything in its cache has no use for. */
const heavy = [
  'koffi',
  'koa',
  '@koa/router',
  'level',
  'classic-level',
  'node-forge',
  'pino',
  'prom-client',
  'log-update',
  'tar-stream',
  'yaml',
]

/** Modules of Node that such a build has no use for: each takes milliseconds to load. */
const unwanted = ['child_process', 'fs/promises', 'http', 'worker_threads']

let folder: string
let command: Metafile
let library: Metafile

test.before('a bundle of its own, below the repository so that it finds the packages', async () => {
  mkdirSync(join(repository, '.cache'), { recursive: true })
  folder = mkdtempSync(join(repository, '.cache/startup-'))
  ;({ command, library } = await bundle(join(folder, 'dist')))
  cpSync(join(repository, 'bin'), join(folder, 'bin'), { recursive: true })
  cpSync(join(repository, 'package.json'), join(folder, 'package.json'))
})

test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test('the command alone loads a handful of our own files and no package', (t) => {
  const { sources, packages } = loadedWith('app/main.ts', command)
  t.deepEqual(
    packages.filter((name) => !name.startsWith('node:')),
    [],
  )
  t.deepEqual(
    sources.filter((name) => !name.startsWith('app/') || name.startsWith('app/commands/')),
    ['shared/base/under-way.ts'], // what tells what had not ended, should the work stop
  )
})

test('no command loads a heavy package before it knows that it is needed', (t) => {
  for (const name of ['build', 'images', 'tag', 'rmi', 'inspect', 'history', 'prune', 'du']) {
    const { sources, packages } = loadedWith(`app/commands/${name}.ts`, command)
    const bundled = sources.flatMap((name) => packageFolder(name)?.replace(/^.*node_modules\//, '') ?? [])
    t.deepEqual(
      [...packages, ...bundled].filter((name) => heavy.includes(name)),
      [],
      name,
    )
  }
})

test('the library loads no heavy package before it is needed', (t) => {
  const { sources, packages } = loadedWith('app/index.ts', library)
  const bundled = sources.flatMap((name) => packageFolder(name)?.replace(/^.*node_modules\//, '') ?? [])
  t.deepEqual(
    [...packages, ...bundled].filter((name) => heavy.includes(name)),
    [],
  )
})

const trace = `
  const { registerHooks } = require('node:module')
  const urls = []
  registerHooks({ resolve(name, context, next) { const found = next(name, context); urls.push(found.url); return found } })
  process.on('exit', () => {
    const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '))
    require('node:fs').writeFileSync(process.env.TRACE_FILE, [...urls, ...builtins].join('\\n'))
  })`

/** Runs the bundled command and returns the URLs of the modules that it loaded, and Node's own as `NativeModule x`. */
async function modulesOf(args: readonly string[]): Promise<readonly string[]> {
  const [hook, file] = [join(folder, 'trace.cjs'), join(folder, 'trace.txt')]
  writeFileSync(hook, trace)
  await runOk(process.execPath, ['--require', hook, join(folder, 'bin/ibuild.cjs'), ...args], {
    env: { TRACE_FILE: file },
  })
  return readFileSync(file, 'utf8').split('\n')
}

/** Builds twice; the second build finds everything in its cache. Returns what the first one loaded. */
async function assertLight(t: ExecutionContext, dockerfile: string): Promise<readonly string[]> {
  const context = mkdtempSync(join(folder, 'context-'))
  writeFileSync(join(context, 'Dockerfile'), dockerfile)
  copyFileSync(requireProgram('busybox'), join(context, 'sh'))
  const build = ['--root', join(folder, 'root'), '-t', 'light:1', context]
  const first = await modulesOf(build)
  const modules = await modulesOf(build)
  const packages = modules.flatMap((url) => packageFolder(url)?.replace(/^.*node_modules\//, '') ?? [])
  t.deepEqual(packages, [])
  t.deepEqual(
    modules.filter((name) => unwanted.includes(name.replace('NativeModule ', ''))),
    [],
  )
  return first
}

const declare = needs(test.serial, 'busybox')
declare('a cached build of COPY loads no native code and starts no program', async (t) => {
  await assertLight(t, 'FROM scratch\nWORKDIR /bin\nCOPY sh /bin/sh\nENV a=b\n')
})

needs(
  test.serial,
  'root',
  'busybox',
  'runc',
)('a cached RUN loads no native code and starts no program', async (t) => {
  const first = await assertLight(t, 'FROM scratch\nCOPY sh /bin/sh\nRUN echo hello >/greeting\n')
  t.true(
    first.some((url) => url.includes('/koffi/')),
    'the first build did load native code',
  )
})

/** Other work on the machine only ever adds time: the shortest of many runs tells, and a slow start never comes down. */
test.serial('the command starts nearly as fast as Node itself', async (t) => {
  const shortest = { bare: Number.POSITIVE_INFINITY, ours: Number.POSITIVE_INFINITY }
  for (let i = 0; i < 80 && (i < 8 || shortest.ours - shortest.bare > 15); i++) {
    shortest.bare = Math.min(shortest.bare, await measure(['-e', '0']))
    shortest.ours = Math.min(shortest.ours, await measure([join(folder, 'bin/ibuild.cjs'), '--version']))
  }
  const added = shortest.ours - shortest.bare
  t.log(`added to the start of Node: ${added.toFixed(1)} ms`)
  t.true(added < 25, `${added.toFixed(1)} ms`)
})

async function measure(args: readonly string[]): Promise<number> {
  const start = process.hrtime.bigint()
  await runOk(process.execPath, args)
  return Number(process.hrtime.bigint() - start) / 1e6
}
