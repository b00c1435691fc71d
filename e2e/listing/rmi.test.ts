import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { damageConfig, damageTag } from './damage-image.ts'

test('rmi takes one name of several; the image goes with the last one, or by its ID with --force', async (t) => {
  const space = await makeWorkspace(t)
  const input = 'FROM scratch\nCOPY <<E /x\ny\nE\n'
  const { stdout } = await space.ok(['-q', '-t', 'one', '-t', 'two', '-t', 'three:3', '-'], { input })
  const id = stdout.trim()
  t.is((await space.ok(['rmi', 'one'])).stdout, 'untagged: one:latest\n')
  t.deepEqual(JSON.parse((await space.ok(['inspect', id])).stdout)[0].names, [
    'docker.io/library/three:3',
    'docker.io/library/two:latest',
  ])
  const refused = await space.ibuild(['rmi', id])
  t.is(refused.code, 1)
  t.regex(refused.stderr, /several names: three:3, two:latest \[IMAGE_IN_USE\]/)
  t.is((await space.ok(['rmi', 'two'])).stdout, 'untagged: two:latest\n')
  t.is((await space.ok(['rmi', 'three:3'])).stdout, `untagged: three:3\ndeleted: ${id}\n`)
  t.is((await space.ok(['images', '-q'])).stdout, '')
  await space.ok(['-t', 'one', '-t', 'two', '-'], { input })
  const forced = await space.ok(['rmi', '--force', id])
  t.is(forced.stdout, `untagged: one:latest\nuntagged: two:latest\ndeleted: ${id}\n`)
})

const layer = (name: string): string => `COPY <<E /${name}\n${name}\nE\n`

test('an image that others were built on goes by its last name; by ID it takes --force; they stay whole', async (t) => {
  const space = await makeWorkspace(t)
  const base = `FROM scratch\n${layer('base')}`
  const id = (await space.ok(['-q', '-t', 'base', '-'], { input: base })).stdout.trim()
  await space.ok(['-q', '-t', 'child', '-'], { input: `FROM base\n${layer('child')}` })
  await space.ok(['-q', '-t', 'sibling', '-'], { input: `FROM scratch\n${layer('other')}` })
  const refused = await space.ibuild(['rmi', id])
  t.is(refused.code, 1)
  t.regex(refused.stderr, /has other images built on it: child:latest \[IMAGE_IN_USE\]\nhint: .*--force/)
  t.is((await space.ok(['rmi', '-f', id])).stdout, `untagged: base:latest\ndeleted: ${id}\n`)
  await space.ok(['-q', '-t', 'base', '-'], { input: base })
  t.is((await space.ok(['rmi', 'base'])).stdout, `untagged: base:latest\ndeleted: ${id}\n`)
  await space.ok(['prune', '--all'])
  await space.ok(['save', '-o', 'child.tar', 'child'])
  t.is((await space.ok(['images', '-q'])).stdout.trim().split('\n').length, 2)
})

test('an image that a container was made from keeps its last name, unless forced; the container stays whole', async (t) => {
  const space = await makeWorkspace(t)
  const id = (await space.ok(['-q', '-t', 'app', '-t', 'second', '-'], { input: `FROM scratch\n${layer('x')}` })).stdout
  const { containers, images } = openStore(space.root)
  const { manifestDigest, imageID } = images.get('app') ?? {}
  if (manifestDigest === undefined || imageID === undefined) return t.fail()
  const about = { manifestDigest, imageID, layer: undefined, command: ['sh'], exitCode: 0, created: 0 }
  await containers.add({ name: 'kept', ...about })
  t.is((await space.ok(['rmi', 'second'])).stdout, 'untagged: second:latest\n')
  for (const word of ['app', id.trim()]) {
    const { code, stdout, stderr } = await space.ibuild(['rmi', word])
    t.is(code, 1)
    t.is(stdout, '')
    t.regex(stderr, /containers made from it: kept \[IMAGE_IN_USE\]\nhint: Remove them with ibuild rm, or give --force/)
  }
  t.is((await space.ok(['rmi', '--force', 'app'])).stdout, `untagged: app:latest\ndeleted: ${id}`)
  await space.ok(['prune', '--all'])
  t.truthy(containers.get('kept')?.config)
  t.is(openStore(space.root).layers.list().length, 1)
})

test('rmi goes on after a failure and tells each; with --force what is not there is no failure', async (t) => {
  const space = await makeWorkspace(t)
  for (const name of ['one', 'two']) await space.ok(['-q', '-t', name, '-'], { input: `FROM scratch\n${layer(name)}` })
  const { code, stdout, stderr } = await space.ibuild(['rmi', 'on', 'one', 'UP', 'two'])
  t.is(code, 1)
  t.regex(stdout, /^untagged: one:latest\ndeleted: sha256:\w+\nuntagged: two:latest\ndeleted: sha256:\w+\n$/)
  t.regex(stderr, /no image "on".*\[IMAGE_NOT_FOUND\]\nhint: Did you mean one\?\n[^]*\[REFERENCE_INVALID\]/)
  t.is((await space.ibuild(['rmi', 'UP'])).code, 2)
  t.is((await space.ibuild(['rmi', 'one'])).code, 1)
  const forced = await space.ibuild(['rmi', '-f', 'one'])
  t.is(forced.code, 0)
  t.regex(forced.stderr, /IMAGE_NOT_FOUND/)
  t.is((await space.ibuild(['rmi'])).code, 2)
})

test('a damaged image, and a damaged name, are removed like any other, and prune works again', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'good', '-'], { input: `FROM scratch\n${layer('good')}` })
  for (const how of ['overwrite', 'remove'] as const) {
    for (const by of ['name', 'ID'] as const) {
      await space.ok(['-q', '-t', 'bad', '-'], { input: `FROM good\n${layer('bad')}` })
      const { imageID, manifestDigest } = damageConfig(space.root, 'bad', how)
      const refused = await space.ibuild(['prune', '--all'])
      t.is(refused.code, 1)
      t.regex(refused.stderr, new RegExp(`image ${manifestDigest} .* is damaged.*\\nhint: .*ibuild rmi`))
      const { stdout } = await space.ok(['rmi', by === 'name' ? 'bad' : imageID])
      t.is(stdout, `untagged: bad:latest\ndeleted: ${imageID}\n`)
    }
  }
  damageTag(space.root, 'good')
  t.is((await space.ibuild(['prune'])).code, 1)
  t.is((await space.ok(['rmi', 'good'])).stdout, 'untagged: good:latest\n')
  t.regex((await space.ok(['prune', '--all'])).stdout, /^removed 1 image, 2 layers/)
  t.deepEqual(openStore(space.root).blobs.list(), [])
})

test('a damaged container stops neither inspect nor rmi nor the list of the others; rm takes it away', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'one', '-'], { input: `FROM scratch\n${layer('x')}` })
  const file = join(space.root, 'containers', 'bad')
  writeFileSync(file, '{')
  const says = new RegExp(`the container in ${file} is damaged.*\\nhint: Remove it: ibuild rm bad\\n`)
  const inspected = await space.ok(['inspect', 'one'])
  t.like(JSON.parse(inspected.stdout), [{ names: ['docker.io/library/one:latest'], containers: [] }])
  t.regex(inspected.stderr, says)
  const listed = await space.ibuild(['containers', '--json'])
  t.like(listed, { code: 1, stdout: '[]\n' })
  t.regex(listed.stderr, says)
  t.regex((await space.ibuild(['diff', 'ona'])).stderr, /Did you mean one\?/)
  const removed = await space.ok(['rmi', 'one'])
  t.regex(removed.stdout, /^untagged: one:latest\ndeleted: /)
  t.regex(removed.stderr, says)
  t.is((await space.ibuild(['prune'])).code, 1, 'what it needs is not known')
  t.is((await space.ok(['rm', 'bad'])).stdout, 'bad\n')
  t.is((await space.ibuild(['rm', 'bad'])).code, 1)
  await space.ok(['prune'])
})

test('an ID means every manifest that has the config, a manifest digest only that one', async (t) => {
  const space = await makeWorkspace(t)
  const id = (await space.ok(['-q', '-t', 'one', '-'], { input: `FROM scratch\n${layer('x')}` })).stdout.trim()
  const store = openStore(space.root)
  const again = async (): Promise<string> => {
    const { manifest, configBytes } = store.images.get('one') ?? t.fail()
    const annotated = Buffer.from(JSON.stringify({ ...manifest, annotations: { other: 'yes' } }))
    const { manifestDigest } = await store.images.put(annotated, configBytes)
    await store.tags.set('docker.io/library/two:latest', manifestDigest)
    return manifestDigest
  }
  const digest = await again()
  t.is((await space.ok(['rmi', digest])).stdout, `untagged: two:latest\ndeleted: ${id}\n`)
  await again()
  t.regex((await space.ibuild(['rmi', id])).stderr, /has several names: one:latest, two:latest \[IMAGE_IN_USE\]/)
  const { stdout } = await space.ok(['rmi', '-f', id])
  t.deepEqual(stdout.trim().split('\n').sort(), [
    `deleted: ${id}`,
    `deleted: ${id}`,
    'untagged: one:latest',
    'untagged: two:latest',
  ])
  t.deepEqual(store.images.list(), [])
})
