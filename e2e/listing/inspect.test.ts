import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { assertFailure } from '../negative/leftovers.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { damageConfig } from './damage-image.ts'

const input = 'FROM scratch\nCOPY <<E /x\nfirst\nE\nCOPY <<E /y\nsecond\nE\nENV NUMBER=1e3 NO=no\nLABEL a.b=c\n'

/** What the command printed, as a test looks into it. */
type Shown = Record<string, ReturnType<typeof JSON.parse>>

async function inspect(space: Workspace, ...args: readonly string[]): Promise<Shown[]> {
  const { stdout } = await space.ok(['inspect', ...args])
  return JSON.parse(stdout)
}

async function built(t: ExecutionContext): Promise<{ space: Workspace; image: Shown }> {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'app:1', '-'], { input })
  const [image = {}] = await inspect(space, 'app:1')
  return { space, image }
}

test('every object that an image is made of can be inspected, and says who has it', async (t) => {
  const { space, image } = await built(t)
  const names = ['docker.io/library/app:1']
  t.like(image, { type: 'image', names, containers: [] })
  t.is(image['layers'].length, 2)
  t.is(
    image['size'],
    image['layers'].reduce((sum: number, { size }: { size: number }) => sum + size, 0),
  )
  const [first, second] = image['layers']
  t.regex(second.createdBy, /COPY <<E \/y/)

  const [layer = {}] = await inspect(space, second.diffID)
  t.like(layer, { type: 'layer', diffID: second.diffID, size: second.size, bytes: { kind: 'tar' } })
  t.deepEqual(layer['totals'], { entries: 1, files: 1, bytes: 7, whiteouts: 0 })
  t.deepEqual(layer['images'], [{ id: image['id'], names, position: 2 }])
  t.true(layer['records'].length > 0)

  const [record = {}] = await inspect(space, layer['records'][0].key)
  t.like(record, { type: 'record', key: layer['records'][0].key, layer: second.diffID, layerStored: true })
  t.true(record['parts'].length > 0)

  const [chain = {}] = await inspect(space, second.chainID.slice(7, 27))
  t.like(chain, { type: 'snapshot', chainID: second.chainID, dir: null, layers: [first.diffID, second.diffID] })
  t.deepEqual(chain['images'], [{ id: image['id'], names }])

  const [config = {}] = await inspect(space, '--type', 'blob', image['id'])
  t.like(config, { type: 'blob', digest: image['id'], document: image['config'] })
  t.deepEqual(config['roles'], [{ role: 'config', image: { id: image['id'], names } }])
  const [manifest = {}] = await inspect(space, '-t', 'blob', image['digest'])
  t.deepEqual(manifest['document'], image['manifest'])
  const [tar = {}] = await inspect(space, '-t', 'blob', first.diffID)
  t.deepEqual(tar['roles'], [{ role: 'layer', diffID: first.diffID }])
  t.is(tar['size'], first.size)
})

test('an image comes by name, ID, digest and their first digits; YAML says what JSON says', async (t) => {
  const { space, image } = await built(t)
  for (const word of ['app:1', image['id'], image['id'].slice(7, 19), image['digest']]) {
    t.deepEqual(await inspect(space, word), [image], word)
  }
  const { stdout } = await space.ok(['inspect', 'app:1', image['layers'][0].diffID, '--format', 'yaml'])
  t.deepEqual(parse(stdout), await inspect(space, 'app:1', image['layers'][0].diffID))
  t.deepEqual(parse(stdout, { version: '1.1' }), parse(stdout))
})

const members: [path: string, text: string][] = [
  ['type', 'image\n'],
  ['config.config.Env[1]', 'NUMBER=1e3\n'],
  ['config.config.Labels["a.b"]', 'c\n'],
  ['layers.0.bytes', 'tar\n'],
  ['containers', '[]\n'],
]
for (const [path, text] of members) {
  test(`inspect --path ${path}`, async (t) => {
    const { space } = await built(t)
    t.is((await space.ok(['inspect', 'app:1', '--path', path])).stdout, text)
  })
}

test('a container is inspected by its name; an image of that name comes first', async (t) => {
  const { space, image } = await built(t)
  const { openStore } = await import('../../builder/store/open.ts')
  const { manifestDigest, imageID } = openStore(space.root).images.get('app:1') ?? {}
  if (manifestDigest === undefined || imageID === undefined) return t.fail()
  const about = { manifestDigest, imageID, layer: undefined, command: ['sh'], exitCode: 3, created: 1_700_000_000_000 }
  await openStore(space.root).containers.add({ name: 'kept', ...about })
  const [container = {}] = await inspect(space, 'kept')
  t.like(container, { type: 'container', name: 'kept', exitCode: 3, layer: null, created: '2023-11-14T22:13:20.000Z' })
  t.is(container['image'].id, image['id'])
  t.deepEqual((await inspect(space, 'app:1', '--path', 'containers')) as unknown, ['kept'])
  await space.ok(['tag', 'app:1', 'kept'])
  t.is((await inspect(space, 'kept'))[0]?.['type'], 'image')
  t.is((await inspect(space, 'kept', '--type', 'container'))[0]?.['type'], 'container')
})

const wrong: [args: string[], code: number, error: string, says: RegExp][] = [
  [['nothing'], 1, 'IMAGE_NOT_FOUND', /no container and no image "nothing"/],
  [['ap:1'], 1, 'IMAGE_NOT_FOUND', /Did you mean app:1/],
  [['abcdef0123'], 1, 'OBJECT_NOT_FOUND', /no image, container, layer, snapshot, record or blob "abcdef0123"/],
  [[`sha256:${'0'.repeat(64)}`], 1, 'OBJECT_NOT_FOUND', /in \//],
  [['--type', 'layer', 'app:1'], 1, 'OBJECT_NOT_FOUND', /no layer "app:1"/],
  [['--type', 'image', 'abcdef0123'], 1, 'IMAGE_NOT_FOUND', /no image/],
  [['--type', 'layr', 'app:1'], 2, 'USAGE', /Did you mean layer/],
  [['UPPER'], 2, 'REFERENCE_INVALID', /lower-case/],
  [['a b'], 2, 'REFERENCE_INVALID', /not an image name/],
  [['app:1', '--path', 'config.env'], 2, 'USAGE', /no member config.env/],
  [['app:1', '--path', 'a['], 2, 'USAGE', /is not a path/],
  [['app:1', '--format', 'table'], 2, 'USAGE', /The formats are json, yaml/],
  [['app:1', '--format', '{{json .}}'], 2, 'USAGE', /templates are not supported/],
  [[], 2, 'USAGE', /missing required argument/],
]
for (const [args, code, error, says] of wrong) {
  test(`inspect ${args.join(' ').slice(0, 60)}: refused`, async (t) => {
    const { space } = await built(t)
    assertFailure(t, await space.ibuild(['inspect', ...args]), { code, error, says: [says] })
  })
}

test('what is found is shown though another word is not; a damaged image is an error', async (t) => {
  const { space, image } = await built(t)
  await space.ok(['-q', '-t', 'bad', '-'], { input: `${input}ENV X=1\n` })
  damageConfig(space.root, 'bad')
  const { code, stdout, stderr } = await space.ibuild(['inspect', 'bad', 'nothing', 'app:1'])
  t.is(code, 1)
  t.deepEqual(JSON.parse(stdout), [image])
  t.regex(stderr, /bad:latest\) is damaged.*\[STORE_INVALID\][^]*no container and no image "nothing"/)
  const [layer = {}] = await inspect(space, image['layers'][0].diffID)
  t.is(layer['images'].length, 1, 'of the damaged image it is not known that it has the layer')
})
