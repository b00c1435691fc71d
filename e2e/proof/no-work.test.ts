import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { hexOf } from '../../shared/base/digest.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { openedPaths, traceCommand } from './trace.ts'

const withTrace = needs(test.serial, 'strace', 'busybox', 'tar')
const withRuntime = needs(test.serial, 'strace', 'root', 'busybox', 'tar', 'runc')

/** 2 000 files in 20 folders, and some that are ignored, written long enough ago that their hashes are remembered. */
async function makeContext(space: Workspace, dockerfile: readonly string[]): Promise<string> {
  const numbers = Array.from({ length: 2000 }, (_, i) => i)
  const files = Object.fromEntries(numbers.map((i) => [`d${i % 20}/f${i}`, `content ${i}`]))
  const ignored = { '.dockerignore': 'ignored\n', 'ignored/x': 'x' }
  const context = space.write('context', { ...files, ...ignored, Dockerfile: dockerfile.join('\n') })
  await sleep(100)
  return context
}

/** The layers folder of the image's lowest layer. */
function baseLayer(space: Workspace): string {
  const [diffID] = openStore(space.root).images.get('busybox')?.config.rootfs.diff_ids ?? []
  if (diffID === undefined) throw new Error('there is no base image')
  return join(space.root, 'layers', hexOf(diffID))
}

withTrace(
  'a cached build opens no file of the context but the Dockerfile and .dockerignore, and no content of the base',
  async (t) => {
    const space = await makeWorkspace(t, { base: true })
    const context = await makeContext(space, ['FROM busybox', 'COPY . /context', 'WORKDIR /w', 'COPY d1 d2 ./'])
    const first = await space.ok(['-t', 'app', context])
    const traced = await traceCommand(space, ['-t', 'app', '--progress', 'plain', context], ['openat'])
    t.is(traced.stdout, first.stdout)
    t.is(traced.stderr.match(/CACHED/g)?.length, 3)

    const opened = openedPaths(traced)
    const ofContext = opened.filter((path) => path.startsWith(`${context}/`) && lstatSync(path).isFile())
    t.deepEqual(
      ofContext.sort(),
      ['.dockerignore', 'Dockerfile'].map((name) => join(context, name)),
    )
    t.true(opened.includes(join(context, 'd7')), 'the walk itself is in the log')
    t.false(
      opened.some((path) => path.startsWith(join(context, 'ignored'))),
      'an ignored folder is not even listed',
    )
    const contents = opened.filter((path) => path.startsWith(`${space.root}/`) && /\/(tar|index)$/.test(path))
    t.deepEqual(contents, [], 'no layer and no index of one')
  },
)

withTrace('a build of COPY alone opens the index of its base and neither reads nor extracts its content', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: 'FROM busybox\nCOPY f /etc/\nCOPY --chown=7:8 f /home/app/\n',
    f: 'f',
  })
  const traced = await traceCommand(space, [context], ['openat', '/mkdir', 'mount', 'unshare', '/clone', 'execve'])
  const opened = openedPaths(traced)
  const base = baseLayer(space)
  t.true(opened.includes(join(base, 'index')), 'the log has what was opened')
  t.false(opened.includes(join(base, 'tar')))
  const made = traced.calls.filter(({ call, args }) => call.startsWith('mkdir') && args.includes(`${space.root}/s/`))
  t.deepEqual(made, [], 'no snapshot')
  const mounts = traced.calls.filter(({ call, args }) => /^(mount|unshare)$/.test(call) || /CLONE_NEW/.test(args))
  t.deepEqual(mounts, [])
  t.is(traced.calls.filter(({ call }) => call === 'execve').length, 1, 'no other program')
})

withTrace('an owner by name reads the accounts out of the base and no more', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', { Dockerfile: 'FROM busybox\nCOPY --chown=app:extra f /home/app/\n', f: 'f' })
  const { calls } = await traceCommand(space, [context], ['read', 'pread64', 'readv', 'preadv'])
  const tar = join(baseLayer(space), 'tar')
  const bytes = calls.filter(({ args }) => args.includes(`<${tar}>`)).map(({ result }) => Number(result))
  const total = bytes.reduce((sum, n) => sum + n, 0)
  t.true(total > 0 && total < 16_384, `${total} of ${statSync(tar).size} bytes read`)
})

withRuntime(
  'a cached build with RUN loads no native code, starts no program and writes nothing but its lock',
  async (t) => {
    const space = await makeWorkspace(t, { base: true })
    const context = space.write('context', {
      Dockerfile: 'FROM busybox\nRUN date > /now\nCOPY f /f\nWORKDIR /w\n',
      f: 'f',
    })
    await sleep(100)
    await space.ok(['-t', 'app', context])
    const syscalls = [
      'openat',
      '/mkdir',
      '/rename',
      '/link',
      '/unlink',
      'rmdir',
      '/chmod',
      '/chown',
      '/sync',
      '/truncate',
      '/write',
      'execve',
      'mount',
      'unshare',
    ]
    const traced = await traceCommand(space, ['-t', 'app', '--progress', 'plain', context], syscalls)
    t.is(traced.stderr.match(/CACHED/g)?.length, 3)

    t.deepEqual(
      openedPaths(traced).filter((path) => /koffi.*\.node$/.test(path)),
      [],
    )
    t.is(traced.calls.filter(({ call }) => call === 'execve').length, 1, 'no other program')
    const inStore = traced.calls.filter(({ args, result }) => `${args}${result}`.includes(`${space.root}/`))
    const writing = inStore.filter(({ call, args }) => call !== 'openat' || /O_(WRONLY|RDWR|CREAT|TRUNC)/.test(args))
    const notLock = writing.filter(({ args }) => !args.includes(`${space.root}/locks/store/`))
    t.deepEqual(notLock, [])
    t.deepEqual(writing.map(({ call }) => call).sort(), ['openat', 'unlink'], 'one lock, taken and given back')
    t.deepEqual(
      traced.calls.filter(({ call, args }) => /sync|mount|unshare/.test(call) && args.includes(space.folder)),
      [],
    )

    const uncached = await traceCommand(space, ['--no-cache', context], syscalls)
    t.true(
      openedPaths(uncached).some((path) => /koffi.*\.node$/.test(path)),
      'a RUN that is executed does load it',
    )
    t.true(uncached.calls.filter(({ call }) => /sync/.test(call)).length > 5)
  },
)

withRuntime('identical steps of one build run once', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const same = ['RUN echo "ran-$((40+2))"; date +%N > /a; sleep 0.3']
  const lines = [
    'FROM busybox AS one',
    ...same,
    'FROM busybox AS two',
    ...same,
    'FROM scratch',
    'COPY --from=one /a /1',
    'COPY --from=two /a /2',
  ]
  const context = space.write('context', { Dockerfile: lines.join('\n') })
  const { stderr } = await space.ok(['--progress', 'plain', '-o', join(space.folder, 'out'), context])
  t.is(stderr.match(/ran-42/g)?.length, 1, stderr)
})
