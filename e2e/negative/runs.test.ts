import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { findProgram } from '../testing/programs.ts'
import { run } from '../testing/run.ts'
import { ibuildScript, makeWorkspace } from '../testing/workspace.ts'
import { assertFailure, assertNothingLeft, type Failure } from './leftovers.ts'

const rows: [title: string, dockerfile: string, failure: Failure][] = [
  [
    'a shell command with an exit code',
    'RUN echo said; exit 3',
    { error: 'RUN_FAILED', says: ['exit code 3', 'last output:\n  said'] },
  ],
  ['an exec form with an exit code', 'RUN ["sh", "-c", "exit 42"]', { error: 'RUN_FAILED', says: ['exit code 42'] }],
  ['a shell command that is not there', 'RUN nosuch', { error: 'RUN_FAILED', says: ['exit code 127', 'nosuch'] }],
  [
    'an exec form that is not there',
    'RUN ["nosuch"]',
    { error: 'RUN_FAILED', says: ['exit code 127', '"nosuch" must be'] },
  ],
  ['an exec form of a path that is not there', 'RUN ["/no/such"]', { error: 'RUN_FAILED', says: ['exit code 127'] }],
  ['a shell command that is not executable', 'RUN /etc/passwd', { error: 'RUN_FAILED', says: ['exit code 126'] }],
  ['an exec form that is not executable', 'RUN ["/etc/passwd"]', { error: 'RUN_FAILED', says: ['exit code 126'] }],
  ['an exec form that is a folder', 'RUN ["/etc"]', { error: 'RUN_FAILED', says: ['exit code 126'] }],
  ['a program of no known format', 'RUN ["/bad/format"]', { error: 'RUN_FAILED', says: [/exec format error/i] }],
  [
    'a script whose interpreter is not there',
    'RUN ["/bad/script"]',
    { error: 'RUN_FAILED', says: [/bad\/script`?: no such file/i] },
  ],
  [
    'a shell that is not there',
    'SHELL ["/nosh", "-c"]\nRUN true',
    { error: 'RUN_FAILED', says: ['exit code 127', '/nosh'] },
  ],
  [
    'a command that a signal ends',
    'RUN ["sh", "-c", "sh -c \'kill -SEGV $$; true\'; exit $?"]',
    { error: 'RUN_FAILED', says: ['139'] },
  ],
  [
    'a command that needs too much memory',
    'RUN x=a; while true; do x=$x$x; done',
    { error: 'RUN_FAILED', says: ['more memory', '--memory'] },
  ],
  [
    'an exec form that needs too much memory',
    'RUN ["awk", "BEGIN { x = \\"a\\"; while (1) x = x x }"]',
    { error: 'RUN_FAILED', says: ['more memory'] },
  ],
  ['a user that is not there', 'USER nobodyatall\nRUN true', { error: 'USER_UNKNOWN', says: ['nobodyatall'] }],
  [
    'a WORKDIR that is a file',
    'WORKDIR /etc/passwd\nRUN true',
    { error: 'COPY_DESTINATION|LAYER_INVALID|RUN_FAILED|RUNTIME_FAILED', says: ['/etc/passwd'] },
  ],
  ['an empty image', 'FROM scratch\nRUN true', { error: 'RUN_FAILED', says: ['exit code 127', '/bin/sh'] }],
]

for (const runtime of ['runc', 'crun']) {
  const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', runtime)
  withRuntime(`a RUN that fails says how and where, and leaves nothing behind (${runtime})`, async (t) => {
    const space = await makeWorkspace(t, { base: true })
    const bad = { 'bad/format': '\u0001\u0002 no program', 'bad/script': '#!/no/interpreter\n' }
    for (const [title, lines, failure] of rows) {
      const text = `FROM busybox\nCOPY --chmod=755 bad /bad/\n${lines}\n`
      const context = space.write('context', { Dockerfile: text, ...bad })
      const output = await space.ibuild([
        '-t',
        'bad',
        '--runtime',
        runtime,
        '--memory',
        '32m',
        '--progress',
        'quiet',
        context,
      ])
      t.log(title)
      assertFailure(t, output, failure)
      t.regex(output.stderr, /^\S*Dockerfile:\d+\n +\d+ \| \w+ /m, 'the line of the Dockerfile is shown')
    }
    await assertNothingLeft(t, space, 'bad')
  })
}

const withRoot = needs(test, 'root', 'busybox', 'tar', 'runc')
const runtimes: [title: string, runtime: string, failure: Failure][] = [
  ['a path that is not there', '/nonexistent', { error: 'RUNTIME_MISSING', says: ['/nonexistent', 'hint: '] }],
  ['a name that is not there', 'nosuch', { error: 'RUNTIME_MISSING', says: ['nosuch'] }],
  ['a file that is no program', '/etc/passwd', { error: 'RUNTIME_MISSING', says: ['/etc/passwd'] }],
  ['a folder', '/etc', { error: 'RUNTIME_MISSING', says: ['/etc'] }],
  ['a program that fails', '/bin/false', { error: 'RUNTIME_MISSING', says: ['/bin/false'] }],
  [
    'a program that does nothing and succeeds',
    '/bin/true',
    { error: 'RUNTIME_MISSING', says: ['/bin/true', 'runtime'] },
  ],
  ['a program that prints', '/bin/echo', { error: 'RUNTIME_MISSING', says: ['/bin/echo'] }],
]

withRoot('a runtime that is none is refused, and nothing of it comes into the cache', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', { Dockerfile: 'FROM busybox\nRUN echo did > /it\n' })
  for (const [title, runtime, failure] of runtimes) {
    t.log(title)
    assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', '--runtime', runtime, context]), failure)
  }
  await assertNothingLeft(t, space, 'bad')
  await space.ok(['-t', 'good', context])
  t.is((await space.ok(['run', 'good', 'cat', '/it'])).stdout, 'did\n')
})

needs(
  test,
  'root',
  'busybox',
  'tar',
  'unshare',
  'mount',
)('without runc and crun a build without RUN works, one with RUN says what to install', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const runs = space.write('runs', { Dockerfile: 'FROM busybox\nRUN true\n' })
  const copies = space.write('copies', { Dockerfile: 'FROM busybox\nCOPY Dockerfile /\n' })
  const hidden = ['runc', 'crun']
    .flatMap((name) => findProgram(name) ?? [])
    .map((file) => `mount --bind /dev/null ${file}`)
  const without = (context: string) =>
    run(
      'unshare',
      [
        '-m',
        '--propagation',
        'private',
        'sh',
        '-ec',
        `${hidden.join('; ')}; exec "$@"`,
        'sh',
        process.execPath,
        ibuildScript,
        '--progress',
        'quiet',
        context,
      ],
      {
        env: { IBUILD_ROOT: space.root },
      },
    )
  assertFailure(t, await without(runs), {
    error: 'RUNTIME_MISSING',
    says: ['neither crun nor runc', 'hint: Install runc or crun'],
  })
  t.is((await without(copies)).code, 0)
  await assertNothingLeft(t, space)
})

withRoot('the first failure of several stages is told, and the others stop', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile:
      'FROM busybox AS a\nRUN sleep 60\nFROM busybox AS b\nRUN sleep 0.3; exit 9\nFROM busybox\nCOPY --from=a / /a\nCOPY --from=b / /b\n',
  })
  const started = Date.now()
  assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', context]), {
    error: 'RUN_FAILED',
    says: ['exit code 9'],
  })
  t.true(Date.now() - started < 30_000)
  await assertNothingLeft(t, space, 'bad')
})

withRoot('a RUN that fails leaves the steps before it in the cache and takes its own files away', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: 'FROM busybox\nRUN echo one > /one\nRUN dd if=/dev/zero of=/big bs=1M count=20; exit 1\n',
  })
  t.is((await space.ibuild([context])).code, 1)
  const snapshots = readdirSync(join(space.root, 's')).length
  const again = await space.ibuild(['--progress', 'plain', context])
  t.is(again.stderr.match(/CACHED/g)?.length, 1)
  t.is(readdirSync(join(space.root, 's')).length, snapshots)
  await assertNothingLeft(t, space)
})

test('RUN without root says so', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('context', { Dockerfile: 'FROM scratch\nRUN true\n' })
  mkdirSync(space.root)
  writeFileSync(join(folder, 'x'), '')
  if (process.getuid?.() !== 0)
    return assertFailure(t, await space.ibuild([folder]), { error: 'RUNTIME_FAILED', says: ['root'] })
  await run('chown', ['-R', '12345', space.folder])
  const args = [
    '--reuid',
    '12345',
    '--regid',
    '12345',
    '--clear-groups',
    process.execPath,
    ibuildScript,
    '--progress',
    'quiet',
    folder,
  ]
  const output = await run('setpriv', args, { env: { IBUILD_ROOT: space.root, HOME: space.folder }, cwd: space.folder })
  assertFailure(t, output, { error: 'RUNTIME_FAILED', says: ['root'] })
})
