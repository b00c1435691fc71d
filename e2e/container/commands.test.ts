import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const running = needs(test, 'root', 'runc', 'busybox')

const script = 'echo hi > /hello; rm -r /home/app; chmod 700 /root; echo said'

async function idOf(space: Workspace, name: string): Promise<string> {
  const { stdout } = await space.ok(['images', '--json'])
  const images: readonly { readonly id: string; readonly repository: string; readonly tag: string }[] =
    JSON.parse(stdout)
  return images.find(({ repository, tag }) => `${repository}:${tag}` === name)?.id ?? ''
}

running('run --commit makes an image of what the command wrote, and leaves stdout to the command', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const flags = ['--commit', 'app:1', '--change', 'CMD ["cat","/hello"]', '--message', 'by hand', '--author', 'someone']
  const { stdout, stderr } = await space.ok(['run', ...flags, 'busybox', 'sh', '-c', script])
  t.is(stdout, 'said\n')
  t.is(stderr, `committed as app:1: ${await idOf(space, 'app:1')}\n`)
  const iidfile = join(space.folder, 'iid')
  const other = await space.ok(['run', '--commit', 'app:2', '--iidfile', iidfile, 'busybox', 'sh', '-c', script])
  t.is(other.stdout, 'said\n')
  t.is(readFileSync(iidfile, 'utf8'), await idOf(space, 'app:2'))
  const unwritten = join(space.folder, 'unwritten')
  await space.ibuild(['run', '--commit', 'app:3', '--iidfile', unwritten, 'busybox', 'false'])
  t.false(existsSync(unwritten), 'nothing was committed')
  t.is((await space.ok(['run', 'app:1'])).stdout, 'hi\n')
  const image = openStore(space.root).images.get('app:1')
  t.is(image?.config.author, 'someone')
  t.like(image?.config.history?.at(-1), { created_by: `sh -c ${script}`, comment: 'by hand', author: 'someone' })
  t.is(image?.config.rootfs.diff_ids.length, 2)
})

running('run --commit of a command that fails makes nothing, and ends with its exit code', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const { code, stderr } = await space.ibuild(['run', '--commit', 'app:1', 'busybox', 'sh', '-c', 'touch /x; exit 7'])
  t.is(code, 7)
  t.is(stderr, 'ibuild: nothing was committed, because the command ended with exit code 7\n')
  t.is(openStore(space.root).images.list().length, 1)
  t.is(openStore(space.root).layers.list().length, 1)
})

running('a command that changes nothing makes an image without a layer more', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const { stderr } = await space.ok(['run', '--commit', 'app:1', 'busybox', 'sh', '-c', 'ls / > /dev/null'])
  t.regex(stderr, /^ibuild: nothing changed, so there is no new layer\ncommitted as app:1: sha256:[0-9a-f]{64}\n$/)
  const config = openStore(space.root).images.get('app:1')?.config
  t.is(config?.rootfs.diff_ids.length, 1)
  t.is(config?.history?.at(-1)?.empty_layer, true)
  await space.ok(['run', '--keep', 'idle', 'busybox', 'true'])
  t.is((await space.ok(['diff', 'idle', '--exit-code'])).stdout, '')
  t.is((await space.ok(['commit', 'idle', 'app:2'])).code, 0)
})

running('a container is kept whatever its exit code, told of, committed, exported, and removed', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const kept = await space.ibuild(['run', '--keep', 'one', 'busybox', 'sh', '-c', `${script}; exit 3`])
  t.like(kept, { code: 3, stdout: 'said\n', stderr: 'kept as one\n' })
  const { stdout: changes } = await space.ok(['diff', 'one'])
  t.is(changes, 'A /hello\nC /home\nD /home/app\nC /root\n')
  t.is((await space.ibuild(['diff', 'one', '--exit-code'])).code, 1)

  const list: readonly object[] = JSON.parse((await space.ok(['containers', '--json'])).stdout)
  t.like(list, [{ name: 'one', exitCode: 3, command: ['sh', '-c', `${script}; exit 3`] }])
  t.regex((await space.ok(['containers'])).stdout, /^NAME .*\none +busybox:latest +sh -c echo hi/)

  const { stdout: id } = await space.ok(['commit', 'one', 'app:1', '-m', 'kept', '-c', 'ENV A=b', '-c', 'USER app'])
  t.is(id, `${await idOf(space, 'app:1')}\n`)
  t.is((await space.ok(['run', 'app:1', 'sh', '-c', 'cat /hello; echo $A; id -u'])).stdout, 'hi\nb\n1000\n')
  t.is((await space.ok(['diff', 'app:1'])).stdout, changes, 'the last layer of the image is what the container changed')
  t.is((await space.ok(['diff', 'busybox', 'one'])).stdout, changes)
  t.is((await space.ok(['diff', 'app:1', 'one', '--exit-code'])).stdout, '')

  const [a, b] = [join(space.folder, 'one.tar'), join(space.folder, 'app.tar')]
  await space.ok(['export', 'one', '-o', a])
  const { bytes } = await space.ok(['export', 'app:1'])
  writeFileSync(b, bytes)
  t.true(readFileSync(a).equals(bytes), 'the container and its image are the same tree')
  await space.ok(['import', a, 'again'])
  t.is((await space.ok(['diff', 'again', 'app:1', '--times', '--exit-code'])).stdout, '')

  t.is((await space.ok(['rm', 'one'])).stdout, 'one\n')
  t.is((await space.ibuild(['diff', 'one'])).code, 1)
  await space.ok(['prune', '-a'])
  t.is((await space.ok(['run', 'app:1', 'cat', '/hello'])).stdout, 'hi\n')
})

running(
  'a command that cannot be started is told once, with what to do, and with the exit code of a shell',
  async (t) => {
    const space = await makeWorkspace(t, { base: true })
    const missing = await space.ibuild(['run', 'busybox', 'nosuchprog'])
    t.is(missing.code, 127)
    t.is(missing.stderr.split('nosuchprog').length - 1, 2, missing.stderr)
    t.regex(missing.stderr, /^ibuild: the command was not found: .*nosuchprog.*\nhint: "nosuchprog" must be .*\n$/)
    const script = "printf '#!/nosuch\\n' > /s; printf garbage > /g; chmod 755 /s /g"
    await space.ok(['run', '--commit', 'app', 'busybox', 'sh', '-c', script])
    const noInterpreter = await space.ibuild(['run', 'app', '/s'])
    t.is(noInterpreter.code, 127)
    t.regex(
      noInterpreter.stderr,
      /^ibuild: the command is there, but not what runs it: .*\nhint: .*interpreter.*#!.*\n$/,
    )
    const garbage = await space.ibuild(['run', 'app', '/g'])
    t.is(garbage.code, 126)
    t.regex(garbage.stderr, /^ibuild: the command cannot be executed: .*\nhint: "\/g" is no program for linux\/.*\n$/)
    t.is((await space.ibuild(['run', 'busybox', '/etc'])).code, 126)
    const built = await space.ibuild(['-'], { input: 'FROM app\nRUN ["/s"]\n' })
    t.regex(built.stderr, /the command is there, but not what runs it \(exit code 127\).*\[RUN_FAILED\]/)
    t.notRegex(built.stderr, /"level"|last output/)
  },
)

running('a container outlives the removal of its image', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  await space.ok(['run', '--keep', 'one', 'busybox', 'touch', '/made'])
  const image = openStore(space.root).images.get('busybox')
  if (image === undefined) return t.fail('no base')
  await openStore(space.root).images.remove(image.manifestDigest)
  await space.ok(['prune', '-a'])
  await space.ok(['commit', 'one', 'app:1'])
  t.is((await space.ok(['run', 'app:1', 'ls', '/made'])).stdout, '/made\n')
})

running('a command reads stdin with -i, and nothing without', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const input = Buffer.alloc(3_000_000, 'line\n')
  const read = await space.ok(['run', '-i', 'busybox', 'cat'], { input })
  t.true(read.bytes.equals(input))
  t.is((await space.ok(['run', 'busybox', 'cat'], { input })).stdout, '')
  const flags = ['-i', '--commit', 'app:1']
  await space.ok(['run', ...flags, 'busybox', 'sh', '-c', 'cat > /file'], { input: 'from outside\n' })
  t.is((await space.ok(['run', 'app:1', 'cat', '/file'])).stdout, 'from outside\n')
})

running('a name that is taken is refused before the command runs', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  await space.ok(['run', '--keep', 'one', 'busybox', 'true'])
  const { code, stdout, stderr } = await space.ibuild(['run', '--keep', 'one', 'busybox', 'echo', 'ran'])
  t.is(code, 125)
  t.is(stdout, '')
  t.regex(stderr, /there is a container one already \[CONTAINER_EXISTS\]/)
})

test('commit of an image changes its config only', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', {
    Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nONBUILD RUN make\nCMD ["a"]\n',
  })
  await space.ok(['-t', 'base', context])
  const changes = [
    'CMD ["b"]',
    'ENV X=1 Y=$X',
    'ENV Y=$X',
    'LABEL l="a b"',
    'EXPOSE 80',
    'WORKDIR /w',
    'ONBUILD USER x',
  ]
  await space.ok(['commit', 'base', 'made', ...changes.flatMap((change) => ['-c', change])])
  const { images } = openStore(space.root)
  const [base, made] = [images.get('base')?.config, images.get('made')?.config]
  t.deepEqual(made?.rootfs, base?.rootfs)
  t.is(made?.history?.length, (base?.history?.length ?? 0) + 1)
  t.like(made?.history?.at(-1), { created_by: changes.join('; '), empty_layer: true })
  t.deepEqual(made?.config, {
    ...base?.config,
    Cmd: ['b'],
    ArgsEscaped: true,
    Env: [...(base?.config?.Env ?? []), 'X=1', 'Y=1'],
    Labels: { l: 'a b' },
    ExposedPorts: { '80/tcp': {} },
    WorkingDir: '/w',
    OnBuild: ['RUN make', 'USER x'],
  })
  await space.ok(['commit', 'base', 'same'])
  t.deepEqual(images.get('same')?.config.config, base?.config, 'without changes it stays as it is')
})

test('an image of 127 layers takes no more, and of 126 one with a warning', async (t) => {
  const space = await makeWorkspace(t)
  const copies = Array.from({ length: 127 }, (_, i) => `COPY Dockerfile /${i}`).join('\n')
  await space.ok(['-t', 'deep', space.write('context', { Dockerfile: `FROM scratch\n${copies}\n` })])
  const { code, stderr } = await space.ibuild(['run', '--commit', 'x', 'deep', '/none'])
  t.is(code, 125)
  t.regex(stderr, /has 128 layers: the most is 127 \[LAYER_LIMIT\]/)
  const warned = await space.ok(['commit', 'deep', 'more'])
  t.regex(warned.stderr, /more:?.* has 127 layers/)
})

const usage: readonly (readonly [args: string[], code: number, message: RegExp])[] = [
  [['diff'], 2, /missing required argument/],
  [['diff', 'a', 'b', 'c'], 2, /too many arguments/],
  [['diff', 'base', '--layer', '0'], 2, /there is no layer 0/],
  [['diff', 'base', '--layer', '2'], 2, /there is no layer 2/],
  [['diff', 'base', '--layer', 'x'], 2, /not a whole number/],
  [['diff', 'base', 'base', '--layer', '1'], 2, /looks into one image/],
  [['diff', 'none'], 1, /no container and no image "none".*\nhint: See ibuild images and ibuild containers/],
  [['diff', 'bose'], 1, /hint: Did you mean base\?/],
  [['export', 'none', '-o', '/dev/null'], 1, /no container and no image "none"/],
  [['diff', '../../etc'], 2, /REFERENCE_INVALID/],
  [['commit'], 2, /missing required argument/],
  [['commit', 'base', 'UPPER'], 2, /REFERENCE_INVALID/],
  [['commit', 'none', 'x'], 1, /no container and no image "none"/],
  [['commit', 'base', 'x', '-c', 'RUN make'], 2, /takes one instruction for the config, not "RUN make"/],
  [['commit', 'base', 'x', '-c', 'FROM other'], 2, /takes one instruction/],
  [['commit', 'base', 'x', '-c', 'ENV A=1\nRUN make'], 2, /takes one instruction/],
  [['commit', 'base', 'x', '-c', 'ENV'], 1, /DOCKERFILE_SYNTAX/],
  [['export'], 2, /missing required argument/],
  [['export', 'base', 'base'], 2, /too many arguments/],
  [['export', 'base', '-o', '/proc/none/x'], 2, /cannot write/],
  [['rm'], 2, /missing required argument/],
  [['rm', 'none'], 1, /no container "none".*CONTAINER_NOT_FOUND/],
  [['rm', '../tags'], 2, /not a name for a container/],
  [['containers', 'x'], 2, /too many arguments/],
  [['run', '--keep', 'a', '--commit', 'b', 'base'], 125, /exclude each other/],
  [['run', '--message', 'x', 'base'], 125, /belong to --commit/],
  [['run', '--iidfile', 'x', 'base'], 125, /belong to --commit/],
  [['run', '--keep', '/x', 'base'], 125, /not a name for a container/],
  [['run', '--commit', 'UPPER', 'base'], 125, /REFERENCE_INVALID/],
  [['import', '/'], 2, /is a folder, not a tar/],
  [['import', 'http://localhost/x.tar'], 2, /fetches nothing/],
  [['import', '/none.tar'], 2, /cannot read/],
  [['import', '/dev/null', 'x', '--platform', 'a/b/c/d'], 2, /not a platform/],
  [['import', '/dev/null', 'x', '-c', 'COPY a b'], 2, /takes one instruction/],
  [['import', '/dev/null', 'x', '-c', 'ENV'], 1, /--change "ENV": ENV requires/],
]

test('wrong use says what is wrong, and makes nothing', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-t', 'base', space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })])
  for (const [args, code, message] of usage) {
    const output = await space.ibuild(args)
    t.is(output.code, code, `${args.join(' ')}: ${output.stderr}`)
    t.regex(output.stderr, message, args.join(' '))
    t.notRegex(output.stderr, /unexpected error/, args.join(' '))
  }
  const store = openStore(space.root)
  t.is(store.images.list().length, 1)
  t.deepEqual(store.containers.list(), [])
  t.false(existsSync(join(space.root, 'containers', 'a')))
})

test('import takes a platform', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-t', 'base', space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })])
  const { bytes } = await space.ok(['export', 'base'])
  await space.ok(['import', '-', 'arm', '--platform', 'linux/arm'], { input: bytes })
  t.like(openStore(space.root).images.get('arm')?.config, { os: 'linux', architecture: 'arm', variant: 'v7' })
})

running('an image of another platform is warned of where a command runs, and explained when it cannot', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  await space.ok(['export', 'busybox', '-o', 'rootfs.tar'])
  await space.ok(['import', '--platform', 'linux/s390x', 'rootfs.tar', 'foreign'])
  const says = /the image is for linux\/s390x, and this machine is linux\//
  const emulated = await space.ok(['run', 'foreign', 'true'])
  t.regex(emulated.stderr, /^warning: the image is for linux\/s390x/)
  t.is((await space.ok(['run', 'busybox', 'true'])).stderr, '')
  t.regex(
    (await space.ok(['-'], { input: 'FROM foreign AS f\nRUN true\n' })).stderr,
    /^warning: stage f: the image is for/m,
  )
  t.notRegex((await space.ok(['-'], { input: 'FROM foreign\nCOPY <<E /x\nx\nE\n' })).stderr, says)

  const broken = 'FROM foreign\nCOPY --chmod=755 <<E /bin/busybox\ngarbage\nE\n'
  await space.ok(['-t', 'broken', '-'], { input: broken })
  const refused = await space.ibuild(['run', 'broken', '/bin/busybox'])
  t.is(refused.code, 126)
  t.regex(refused.stderr, /\nhint: The image is for linux\/s390x, and this machine is linux\//)
  const built = await space.ibuild(['-'], { input: 'FROM broken\nRUN true\n' })
  t.regex(built.stderr, /\nhint: The image is for linux\/s390x, and this machine is linux\//)
})
