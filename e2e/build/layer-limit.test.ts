import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** A Dockerfile of so many COPY instructions, each on its line from the second on. */
function copies(count: number, from = 'scratch'): string {
  return `FROM ${from}\n${Array.from({ length: count }, (_, i) => `COPY f /d/f${i}\n`).join('')}`
}

function layersOf(space: Workspace, query: string): readonly string[] {
  return openStore(space.root).images.get(query.trim())?.config.rootfs.diff_ids ?? []
}

interface Row {
  readonly title: string
  readonly steps: number
  readonly flags?: readonly string[]
  readonly code: number
  readonly stderr: RegExp
  readonly layers?: number
}

const rows: readonly Row[] = [
  { title: '109 layers', steps: 109, code: 0, stderr: /^$/, layers: 109 },
  {
    title: '110 layers',
    steps: 110,
    code: 0,
    stderr: /^warning: the image has 110 layers, and 127 is the most/,
    layers: 110,
  },
  { title: '126 layers', steps: 126, code: 0, stderr: /docker's daemon refuses it/, layers: 126 },
  { title: '127 layers', steps: 127, code: 0, stderr: /docker's daemon refuses it/, layers: 127 },
  {
    title: '128 layers',
    steps: 128,
    code: 3,
    stderr:
      /128 layers \(128 of lines 2-129 of Dockerfile\).*\[LAYER_LIMIT\]\nDockerfile:129\n.*\nhint: .*--squash or --max-layers=auto/s,
  },
  {
    title: '128 layers squashed',
    steps: 128,
    flags: ['--squash'],
    code: 0,
    stderr: /^merging layers 1 to 128$/,
    layers: 1,
  },
  {
    title: '128 layers merged to 9',
    steps: 128,
    flags: ['--max-layers=9'],
    code: 0,
    stderr: /^(?:merging layers \d+ to \d+\n?){8}$/,
    layers: 8,
  },
  {
    title: '126 layers for docker',
    steps: 126,
    flags: ['-o', 'type=docker,dest=out'],
    code: 3,
    stderr: /docker's daemon takes at most 125/,
  },
  {
    title: '126 layers for docker, 126 allowed',
    steps: 126,
    flags: ['-o', 'type=docker,dest=out', '--max-layers=126'],
    code: 3,
    stderr: /docker's daemon takes at most 125/,
  },
  {
    title: '126 layers merged for docker',
    steps: 126,
    flags: ['-o', 'type=docker,dest=out', '--max-layers=auto'],
    code: 0,
    stderr: /^merging layers 1 to 32$/m,
    layers: 95,
  },
  {
    title: '126 layers as OCI archive',
    steps: 126,
    flags: ['-o', 'type=oci,dest=out'],
    code: 0,
    stderr: /docker's daemon/,
    layers: 126,
  },
]

for (const { title, steps, flags = [], code, stderr, layers } of rows) {
  test(`${title} ${code === 0 ? 'are built' : 'are refused before anything runs'}`, async (t) => {
    const space = await makeWorkspace(t)
    const context = space.write('context', { Dockerfile: copies(steps), f: '1' })
    const done = await space.ibuild(['--progress=plain', ...flags, context], { cwd: space.folder })
    t.is(done.code, code, done.stderr)
    const notes = done.stderr.split('\n').filter((line) => !/^(?:#\d+ .*|)$/.test(line))
    t.regex(notes.join('\n'), stderr)
    if (layers !== undefined) t.is(layersOf(space, done.stdout).length, layers)
    else t.deepEqual(openStore(space.root).layers.list(), [])
  })
}

test('layers are counted through stages and the base; stages that are only copied from may be deep', async (t) => {
  const space = await makeWorkspace(t)
  const base = space.write('base', { Dockerfile: copies(100), f: '1' })
  await space.ok(['-q', '-t', 'base:1', base])
  const inner = `${copies(20, 'base:1').replace('base:1', 'base:1 AS inner')}FROM inner\n${copies(8).replace('FROM scratch\n', '')}`
  const context = space.write('context', { Dockerfile: inner, f: '1' })
  const { code, stderr } = await space.ibuild(['-q', context])
  t.is(code, 3)
  t.regex(stderr, /128 layers \(100 of the base, 28 of lines 2-21, 23-30 of Dockerfile\)/)

  const copied = space.write('copied', {
    Dockerfile: `${copies(130).replace('scratch', 'scratch AS deep')}FROM scratch\nCOPY --from=deep /d /\n`,
    f: '1',
  })
  t.is(layersOf(space, (await space.ok(['-q', copied])).stdout).length, 1)

  const onFull = space.write('full', { Dockerfile: `FROM full\nCOPY f /\n`, f: '1' })
  await space.ok(['-q', '-t', 'full', space.write('more', { Dockerfile: copies(27, 'base:1'), f: '2' })])
  const refused = await space.ibuild(['-q', '--squash', onFull])
  t.is(refused.code, 3)
  t.regex(refused.stderr, /hint: The base alone has that many: .*--squash=all/)
  t.is(layersOf(space, (await space.ok(['-q', '--squash=all', onFull])).stdout).length, 1)
})

/** So that what a step makes anew is what it was. */
const epoch = ['--build-arg', 'SOURCE_DATE_EPOCH=1700000000']

/** Layers of an image of 300 COPY steps after the last one, or the first one, is changed. */
async function changed(t: ExecutionContext): Promise<Record<'before' | 'last' | 'first', readonly string[]>> {
  const space = await makeWorkspace(t)
  const steps = copies(300).replace('COPY f /d/f0\n', 'COPY first /d/\n').replace('COPY f /d/f299\n', 'COPY last /d/\n')
  const context = space.write('context', { Dockerfile: steps, f: '1', first: '1', last: '1' })
  const build = async (): Promise<readonly string[]> =>
    layersOf(space, (await space.ok(['-q', '--max-layers', 'auto', ...epoch, context])).stdout)
  const before = await build()
  space.write('context', { last: '2' })
  const last = await build()
  space.write('context', { last: '1', first: '2' })
  return { before, last, first: await build() }
}

test('a change in one of 300 steps changes one merged layer', async (t) => {
  const { before, last, first } = await changed(t)
  t.true(before.length > 60 && before.length <= 127)
  for (const [layers, at] of [
    [last, before.length - 1],
    [first, 0],
  ] as const) {
    t.is(layers.length, before.length)
    t.deepEqual(
      layers.flatMap((diffID, i) => (diffID === before[i] ? [] : [i])),
      [at],
    )
  }
})

test('a deep image is not loaded, unless it may be merged', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: copies(127), f: '1' })
  await space.ok(['-q', '-t', 'app', context])
  const archive = `${space.folder}/deep.tar`
  await space.ok(['save', '--format', 'oci', '-o', archive, 'app'])
  const other = await makeWorkspace(t)
  await other.ok(['load', archive])
  t.is(layersOf(other, 'app').length, 127)
  const merged = await makeWorkspace(t)
  await merged.ok(['load', '--max-layers', '10', archive])
  t.is(layersOf(merged, 'app').length, 8)
  t.is(openStore(merged.root).images.list().length, 1)
})

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)('RUN goes on over more than 127 layers, and a change at the end runs only the end', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const lines = Array.from({ length: 130 }, (_, i) => `COPY f /d/f${i}`)
  const runs = [
    'RUN rm /d/f0 /d/f1; echo run > /d/f2',
    'COPY f /d/f1',
    'RUN ls /d | wc -l > /count; cat /d/f2 >> /count',
  ]
  const dockerfile = ['FROM busybox', ...lines, ...runs].join('\n')
  const context = space.write('context', { Dockerfile: dockerfile, f: '1' })
  await space.ok(['-q', '--max-layers=auto', '-t', 'deep', context])
  t.is((await space.ok(['run', 'deep', 'cat', '/count'])).stdout, '129\nrun\n')
  const more = space.write('context', { Dockerfile: `${dockerfile}\nRUN echo end >> /count` })
  const { stderr } = await space.ok(['--progress=plain', '--max-layers=auto', '-t', 'deep', more])
  t.is(stderr.match(/CACHED/g)?.length, 133)
  t.is((await space.ok(['run', 'deep', 'cat', '/count'])).stdout, '129\nrun\nend\n')
  await space.ok(['prune'])
  t.is((await space.ok(['run', 'deep', 'cat', '/count'])).stdout, '129\nrun\nend\n')
})

test('loading a nearly too deep image warns', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: copies(111), f: '1' })
  await space.ok(['-q', '-t', 'deep', context])
  const { bytes } = await space.ok(['save', '--format=oci', 'deep'])
  const other = await makeWorkspace(t)
  const { stderr } = await other.ok(['load'], { input: bytes })
  t.is(stderr, 'warning: deep:latest has 111 layers, and 127 is the most that an image can have\n')
  t.is((await other.ok(['load', '--max-layers=100'], { input: bytes })).stderr, '')
})
