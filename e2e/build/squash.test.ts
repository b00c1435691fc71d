import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createView } from '../../builder/layers/view.ts'
import { openStore } from '../../builder/store/open.ts'
import { openLayer } from '../../builder/store/open-layer.ts'
import type { StoredImage } from '../../builder/store/types.ts'
import { describeView } from '../layers/describe.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** Layers that undo and change what others and the base did. */
const copies = {
  Dockerfile: [
    'FROM base:1',
    'COPY a /dir/a',
    'COPY b /dir/b',
    'ENV KEY=value',
    'COPY --chmod=700 a /old',
    'WORKDIR /work',
    'LABEL last=1',
  ].join('\n'),
  a: 'A',
  b: 'B',
}

async function makeBase(t: ExecutionContext): Promise<Workspace> {
  const space = await makeWorkspace(t)
  const base = space.write('base', { Dockerfile: 'FROM scratch\nCOPY old /old\nCOPY old /dir/old\n', old: 'old' })
  await space.ok(['-q', '-t', 'base:1', base])
  return space
}

function imageIn(space: Workspace, query: string): StoredImage {
  const image = openStore(space.root).images.get(query.trim())
  if (image === undefined) throw new Error(`no image ${query}`)
  return image
}

function treeOf(space: Workspace, { config }: StoredImage) {
  const store = openStore(space.root)
  return describeView(createView(config.rootfs.diff_ids.map((diffID) => openLayer(store, diffID))))
}

/** Entries with a layer are `L`. */
function historyOf({ config }: StoredImage): string {
  return (config.history ?? []).map((entry) => (entry.empty_layer === true ? '-' : 'L')).join('')
}

test('--squash leaves the base and one layer, --squash=all one layer; tree, config and times stay', async (t) => {
  const space = await makeBase(t)
  const context = space.write('context', copies)
  const plain = imageIn(space, (await space.ok(['-q', context])).stdout)
  t.is(historyOf(plain), 'LLLL-LL-')
  for (const [flag, history] of [
    ['--squash', 'LL----L-'],
    ['--squash=all', '------L-'],
  ] as const) {
    const squashed = imageIn(space, (await space.ok(['-q', flag, context])).stdout)
    t.is(historyOf(squashed), history, flag)
    t.is(squashed.config.rootfs.diff_ids.length, history.replaceAll('-', '').length, flag)
    t.deepEqual(await treeOf(space, squashed), await treeOf(space, plain), flag)
    t.deepEqual(squashed.config.config, plain.config.config, flag)
    t.is(squashed.config.created, plain.config.created, flag)
    const instructions = ({ config }: StoredImage) =>
      config.history?.map(({ created, created_by }) => [created, created_by])
    t.deepEqual(instructions(squashed), instructions(plain), flag)
  }
  const base = imageIn(space, 'base:1').config.rootfs.diff_ids
  t.deepEqual(
    imageIn(space, (await space.ok(['-q', '--squash', context])).stdout).config.rootfs.diff_ids.slice(0, 2),
    base,
  )
})

test('a squashed build and a plain one hit the same cache, and the same build is the same image', async (t) => {
  const space = await makeBase(t)
  const context = space.write('context', copies)
  const first = await space.ok(['--progress=plain', '--squash', context])
  t.is(first.stderr.match(/DONE/g)?.length, 4)
  t.regex(first.stderr, /^merging layers 3 to 6$/m)
  const plain = await space.ok(['--progress=plain', context])
  const again = await space.ok(['--progress=plain', '--squash', context])
  for (const { stderr } of [plain, again]) t.is(stderr.match(/CACHED/g)?.length, 4, stderr)
  t.notRegex(again.stderr, /merging/)
  t.is(again.stdout, first.stdout)
  t.not(plain.stdout, first.stdout)
  space.write('context', { b: 'changed' })
  const changed = await space.ok(['--progress=plain', '--squash', context])
  t.is(changed.stderr.match(/CACHED/g)?.length, 1, changed.stderr)
  t.not(changed.stdout, first.stdout)
})

test('--squash merges the stages that the last one starts from, --max-layers neighbours', async (t) => {
  const space = await makeBase(t)
  const dockerfile = 'FROM base:1 AS one\nCOPY a /1\nFROM one AS two\nCOPY a /2\nCOPY a /3\nFROM two\nCOPY a /4\n'
  const context = space.write('context', { Dockerfile: dockerfile, a: 'A' })
  const layersOf = async (...flags: string[]): Promise<number> =>
    imageIn(space, (await space.ok(['-q', ...flags, context])).stdout).config.rootfs.diff_ids.length
  t.is(await layersOf(), 6)
  t.is(await layersOf('--squash'), 3)
  t.is(await layersOf('--squash', '--max-layers', '2'), 2)
  for (const most of [6, 5, 4, 3, 2, 1]) t.true((await layersOf('--max-layers', `${most}`)) <= most, `${most}`)
})

test('ibuild squash merges an image from a layer on, and names it', async (t) => {
  const space = await makeBase(t)
  await space.ok(['-q', '-t', 'app', '--annotation', 'team=core', space.write('context', copies)])
  const app = imageIn(space, 'app')
  for (const [first, history] of [
    ['1', '------L-'],
    ['2', 'L-----L-'],
    ['5', 'LLLL--L-'],
    ['6', 'LLLL-LL-'],
  ] as const) {
    const { stdout } = await space.ok(['squash', 'app', '--from-layer', first, '-t', `app:${first}`])
    const squashed = imageIn(space, `app:${first}`)
    t.is(stdout, `${squashed.imageID}\n`)
    t.is(historyOf(squashed), history)
    t.deepEqual(squashed.manifest.annotations, { team: 'core' })
    t.deepEqual(await treeOf(space, squashed), await treeOf(space, app))
    t.is((await space.ok(['squash', 'app', '--from-layer', first])).stdout, stdout, 'again')
  }
  t.is(imageIn(space, 'app:6').imageID, app.imageID)
  t.is(imageIn(space, 'app').imageID, app.imageID)
  const built = await space.ok(['-q', '--squash=all', join(space.folder, 'context')])
  t.is(built.stdout, `${imageIn(space, 'app:1').imageID}\n`)
})

test('several squashes of one image at once give one image', async (t) => {
  const space = await makeBase(t)
  await space.ok(['-q', '-t', 'app', space.write('context', copies)])
  const names = ['one', 'two', 'three']
  const done = await Promise.all(names.map((name) => space.ok(['squash', 'app', '-t', name])))
  t.deepEqual(
    names.map((name) => `${imageIn(space, name).imageID}\n`),
    done.map(({ stdout }) => stdout),
  )
  t.is(new Set(done.map(({ stdout }) => stdout)).size, 1)
  const { records } = openStore(space.root)
  t.is(records.list().filter((key) => records.get(key)?.step === 'merge of layers').length, 1)
})

test('an image without layers is squashed to itself', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: 'FROM scratch\nLABEL a=1\n' })
  const { stdout } = await space.ok(['-q', '-t', 'none', context])
  t.is((await space.ok(['squash', 'none'])).stdout, stdout)
  for (const flag of ['--squash', '--squash=all', '--max-layers=1'])
    t.is((await space.ok(['-q', flag, context])).stdout, stdout)
})

const wrong: readonly [args: readonly string[], message: RegExp][] = [
  [['squash'], /missing required argument 'image'/],
  [['squash', 'base:1', 'base:1'], /too many arguments/],
  [['squash', 'base:1', '--from-layer', '0'], /"0" is not the number of a layer/],
  [['squash', 'base:1', '--from-layer', 'x'], /"x" is not the number of a layer/],
  [['squash', 'base:1', '--from-layer', '3'], /the image has 2 layers/],
  [['squash', 'base:1', '-t', 'UPPER'], /UPPER/],
  [['--squash=foo', 'context'], /only --squash and --squash=all/],
  [['--squash=', 'context'], /only --squash and --squash=all/],
  [['--max-layers', '0', 'context'], /"0" is not auto or a number from 1 to 127/],
  [['--max-layers', '128', 'context'], /"128" is not auto/],
  [['--max-layers', '-1', 'context'], /"-1" is not auto|argument missing/],
  [['--max-layers', 'all', 'context'], /"all" is not auto/],
  [['load', '--max-layers', 'none', 'archive'], /"none" is not auto/],
]

for (const [args, message] of wrong) {
  test(`wrong: ibuild ${args.join(' ')}`, async (t) => {
    const space = await makeBase(t)
    space.write('context', copies)
    const { code, stdout, stderr } = await space.ibuild(args)
    t.is(code, 2)
    t.regex(stderr, message)
    t.is(stdout, '')
  })
}

test('an image that is not there cannot be squashed', async (t) => {
  const space = await makeBase(t)
  const { code, stderr } = await space.ibuild(['squash', 'bace:1'])
  t.is(code, 1)
  t.regex(stderr, /Did you mean base:1/)
})

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)('a squashed image runs, and what RUN deleted stays deleted', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const dockerfile = [
    'FROM busybox',
    'RUN mkdir /data && echo 1 > /data/a && ln /data/a /data/b && rm /bin/vi',
    'RUN rm /data/a && echo 2 > /data/c && chmod 4755 /bin/busybox',
    'RUN rm -r /home && mkdir /home && echo new > /home/new',
  ].join('\n')
  const context = space.write('context', { Dockerfile: dockerfile })
  await space.ok(['-q', '-t', 'plain', context])
  const script = 'stat -c "%n %f %u:%g %s %y" /data/* /home/* /bin/busybox; cat /data/*; ls /bin | wc -l'
  const expected = (await space.ok(['run', 'plain', 'sh', '-c', script])).stdout
  for (const flag of ['--squash', '--squash=all']) {
    await space.ok(['-q', flag, '-t', 'squashed', context])
    t.is((await space.ok(['run', 'squashed', 'sh', '-c', script])).stdout, expected, flag)
  }
})
