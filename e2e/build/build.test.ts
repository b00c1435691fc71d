import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'

const withRuntime = needs(test, 'root', 'busybox', 'tar', 'runc')

withRuntime('RUN, COPY, ENV, USER and WORKDIR make an image that runs', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: [
      'FROM busybox AS make',
      'ARG WHO=world',
      'RUN echo "hello $WHO" > /greeting',
      'FROM busybox',
      'WORKDIR /srv/app',
      'COPY --from=make --chown=app:app /greeting .',
      'COPY run.sh /bin/run.sh',
      'ENV MODE=loud',
      'USER app',
      'CMD ["sh", "/bin/run.sh"]',
    ].join('\n'),
    'run.sh': 'cat greeting; echo "$MODE $(id -un) $(pwd) $(stat -c %U:%G greeting)"\n',
  })
  await space.ok(['-t', 'greet', '--build-arg', 'WHO=all', context])
  const { stdout } = await space.ok(['run', 'greet'])
  t.is(stdout, 'hello all\nloud app /srv/app app:app\n')
})

withRuntime('a second build runs nothing and gives the same image', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: 'FROM busybox\nRUN date > /now\nCOPY f /f\nWORKDIR /w\n',
    f: '1',
  })
  const first = await space.ok(['--progress', 'plain', context])
  const second = await space.ok(['--progress', 'plain', context])
  t.is(second.stdout, first.stdout)
  t.is(second.stderr.match(/CACHED/g)?.length, 3)
  t.notRegex(second.stderr, /DONE/)
})

withRuntime('a changed file misses, and so does what comes after it', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: 'FROM busybox\nRUN date > /now\nCOPY f /f\nRUN cat /f\n',
    f: '1',
  })
  await space.ok([context])
  writeFileSync(join(context, 'f'), '2')
  const { stderr } = await space.ok(['--progress', 'plain', context])
  t.is(stderr.match(/CACHED/g)?.length, 1)
  t.regex(stderr, /^#\d+ [\d.]+ 2$/m)
})

withRuntime('--no-cache runs all, --no-cache-filter one stage', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: 'FROM busybox AS a\nRUN date > /now\nFROM busybox AS b\nRUN true\nCOPY --from=a /etc/passwd /p\n',
  })
  await space.ok([context])
  const all = await space.ok(['--no-cache', '--progress', 'plain', context])
  t.notRegex(all.stderr, /CACHED/)
  const one = await space.ok(['--no-cache-filter', 'b', '--progress', 'plain', context])
  t.regex(one.stderr, /\[a 2\/2\] RUN date > \/now\n#\d+ CACHED/)
  t.is(one.stderr.match(/CACHED/g)?.length, 1)
})

withRuntime('a failing RUN shows its last lines, the exit code and the line, and leaves no image', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: 'FROM busybox\nRUN echo before; \\\n  echo oops >&2; exit 42\n',
  })
  const { code, stderr } = await space.ibuild(['-t', 'bad', context])
  t.is(code, 1)
  t.regex(stderr, /exit code 42/)
  t.regex(stderr, /last output:\n {2}before\n {2}oops/)
  t.regex(stderr, /Dockerfile:2-3\n +2 \| RUN echo before; \\\n +3 \| {3}echo oops/)
  t.notRegex((await space.ok(['images'])).stdout, /bad/)
})

withRuntime('unreachable stages do nothing, independent stages run side by side', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const wait = (mine: string, other: string): string =>
    `RUN --network=none touch /tmp/${mine}; for i in $(seq 50); do sleep 0.1; done; echo ${other}`
  const context = space.write('context', {
    Dockerfile: [
      'FROM busybox AS never',
      'RUN exit 1',
      'FROM busybox AS a',
      wait('a', 'b'),
      'FROM busybox AS b',
      wait('b', 'a'),
      'FROM busybox',
      'COPY --from=a /tmp/a /a',
      'COPY --from=b /tmp/b /b',
    ].join('\n'),
  })
  const started = Date.now()
  const { stderr } = await space.ok(['--progress', 'plain', context])
  const lines = stderr.split('\n')
  const startA = lines.findIndex((line) => line.includes('[a 2/2]'))
  const startB = lines.findIndex((line) => line.includes('[b 2/2]'))
  const firstDone = lines.findIndex((line) => line.includes('DONE'))
  t.true(
    startA >= 0 && startB >= 0 && startA < firstDone && startB < firstDone,
    `both began before one ended (${Date.now() - started} ms)`,
  )
  t.notRegex(stderr, /never/)
})

test('a build of FROM scratch and COPY needs no base and no runtime', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', {
    Dockerfile: 'FROM scratch\nCOPY a/ /data/\nCMD ["/data/x"]\n',
    'a/x': 'x',
    'a/b/y': 'y',
  })
  await space.ok([
    '-t',
    'files',
    '-o',
    `type=tar,dest=${join(space.folder, 'out.tar')}`,
    '--iidfile',
    join(space.folder, 'id'),
    context,
  ])
  t.regex(readFileSync(join(space.folder, 'id'), 'utf8'), /^sha256:[0-9a-f]{64}$/)
  t.regex((await space.ok(['images'])).stdout, /^files +latest/m)
  appendFileSync(join(context, 'a/x'), 'more')
  await space.ok(['-t', 'files', context])
  t.regex((await space.ok(['images'])).stdout, /^<none> +<none>/m)
})
