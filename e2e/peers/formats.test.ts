import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** Two images that share a layer. */
async function buildTwo(space: Workspace): Promise<void> {
  const shared = 'FROM scratch\nCOPY shared /\n'
  const one = space.write('one', { Dockerfile: `${shared}COPY one /\n`, shared: 's'.repeat(200_000), one: '1' })
  const two = space.write('two', { Dockerfile: `${shared}COPY two /\n`, shared: 's'.repeat(200_000), two: '2' })
  await space.ok(['-t', 'team/one:1', one])
  await space.ok(['-t', 'two:1', '-t', 'two:2', two])
}

async function idOf(space: Workspace, name: string): Promise<string> {
  return JSON.parse((await space.ok(['inspect', name])).stdout)[0].id
}

/**
 * Copies an image with skopeo into a layout of its own, unpacks that with umoci, and gives a file of it. By way of a
 * folder for which skopeo decompresses layers: umoci does not know zstd.
 */
async function unpacked(space: Workspace, source: string, file: string): Promise<string> {
  const layout = join(space.folder, 'checked')
  rmSync(layout, { recursive: true, force: true })
  const plain = `dir:${join(space.folder, 'plain')}`
  rmSync(join(space.folder, 'plain'), { recursive: true, force: true })
  await runOk('skopeo', ['copy', '-q', '--dest-decompress', source, plain])
  await runOk('skopeo', ['copy', '-q', plain, `oci:${layout}:x`])
  const bundle = join(space.folder, 'bundle')
  rmSync(bundle, { recursive: true, force: true })
  await runOk('umoci', ['unpack', '--image', `${layout}:x`, bundle])
  return readFileSync(join(bundle, 'rootfs', file), 'utf8')
}

const kinds: [format: string, compression: string, transport: string][] = [
  ['docker', 'uncompressed', 'docker-archive'],
  ['docker', 'gzip', 'docker-archive'],
  ['oci', 'uncompressed', 'oci-archive'],
  ['oci', 'gzip', 'oci-archive'],
  ['oci', 'zstd', 'oci-archive'],
  ['oci-dir', 'gzip', 'oci'],
  ['oci-dir', 'zstd', 'oci'],
]

for (const [format, compression, transport] of kinds) {
  needs(
    test,
    'root',
    'skopeo',
    'umoci',
  )(`skopeo and umoci read two images as ${format} with ${compression} layers, and we read them again`, async (t) => {
    const space = await makeWorkspace(t)
    await buildTwo(space)
    const saved = join(space.folder, 'saved')
    await space.ok(['save', '--format', format, '--compression', compression, '-o', saved, 'team/one:1', 'two:1'])
    const named = ['team/one:1', 'two:1']
    t.is(await unpacked(space, `${transport}:${saved}:${named[0]}`, 'one'), '1')
    t.is(await unpacked(space, `${transport}:${saved}:${named[1]}`, 'two'), '2')

    const other = await makeWorkspace(t)
    const { stdout } = await other.ok(['load', saved])
    t.is(stdout, `loaded team/one:1 ${await idOf(space, 'team/one:1')}\nloaded two:1 ${await idOf(space, 'two:1')}\n`)
  })
}

needs(
  test,
  'root',
  'podman',
)('podman loads several images, with gzip and zstd layers', async (t) => {
  const space = await makeWorkspace(t)
  await buildTwo(space)
  const store = join(space.folder, 'cs')
  mkdirSync(store)
  const global = ['--root', join(store, 'root'), '--runroot', join(store, 'run'), '--storage-driver', 'vfs']
  for (const [format, compression] of [
    ['docker', 'gzip'],
    ['oci', 'zstd'],
  ] as const) {
    const saved = join(space.folder, `${format}.tar`)
    const names = format === 'docker' ? ['team/one:1', 'two:1', 'two:2'] : ['two:2']
    await space.ok(['save', '--format', format, '--compression', compression, '-o', saved, ...names])
    const { stdout } = await runOk('podman', [...global, 'load', '-q', '-i', saved])
    for (const name of names) t.true(format === 'oci' || stdout.includes(name), stdout)
    const id = /\S+\s*$/.exec(stdout)?.[0].trim() ?? ''
    const inspected = (await runOk('podman', [...global, 'image', 'inspect', '-f', '{{.Id}}', id])).stdout.trim()
    t.is(`sha256:${inspected}`, await idOf(space, 'two:2'))
    await runOk('podman', [...global, 'rmi', '-af'])
  }
})

needs(
  test,
  'root',
  'skopeo',
)('a layout that skopeo writes with images for other platforms: ours is loaded, the others are named', async (t) => {
  const space = await makeWorkspace(t)
  await buildTwo(space)
  const layout = join(space.folder, 'layout')
  await space.ok(['save', '--format', 'oci-dir', '-o', layout, 'two:1'])
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'))
  await runOk('skopeo', ['copy', '-q', `oci:${layout}:1`, `oci:${layout}:copy`])
  const added = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests
  t.is(added.length, 2)
  const other = { ...added[1], platform: { os: 'linux', architecture: 's390x' } }
  space.write('layout', { 'index.json': JSON.stringify({ ...index, manifests: [added[0], other] }) })

  const target = await makeWorkspace(t)
  const loaded = await target.ok(['load', layout])
  t.is(loaded.stdout, `loaded two:1 ${await idOf(space, 'two:1')}\n`)
  t.is(loaded.stderr, `skipped ${added[1].digest}: it is for linux/s390x\n`)
  t.is((await target.ok(['load', '-q', layout])).stderr, '')

  space.write('layout', { 'index.json': JSON.stringify({ ...index, manifests: [other] }) })
  const none = await target.ibuild(['load', layout])
  t.is(none.code, 1)
  t.regex(none.stderr, /no image for linux\/\S+, only for linux\/s390x \[ARCHIVE_INVALID\]/)
})
