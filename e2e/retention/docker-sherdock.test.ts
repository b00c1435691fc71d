import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { type DockerImages, startDockerImages } from './testing/docker-images.ts'

const peers = needs(test.serial, 'root', 'docker', 'dockerd', 'busybox')

/** What Sherdock read: an image of which a part of the name fits stays, as do those that it pulled. */
const config = `GCIntervalMinutes: 5
PullIntervalMinutes: 60
ImagesToPull:
  - wanted:latest
ImagesToNotGC:
  - ^keep/
`

async function scene(t: ExecutionContext): Promise<{ readonly images: DockerImages; readonly space: Workspace }> {
  const images = await startDockerImages()
  t.teardown(async () => images.close())
  return { images, space: await makeWorkspace(t) }
}

/** Makes an image from another one, as `docker build` without BuildKit does. Nothing is left but the two. */
async function makeFrom({ daemon, create }: DockerImages, image: string, name: string): Promise<void> {
  await create(image, '--name', 'maker')
  await daemon.docker(['commit', 'maker', name])
  await daemon.docker(['rm', 'maker'])
}

/** A container that runs, until the test is over. */
async function runForever(t: ExecutionContext, { daemon }: DockerImages, image: string): Promise<void> {
  const archive = join(temporaryFolder(t), 'busybox.tar')
  await runOk('sh', ['-c', 'cd / && tar -chf "$0" "$(command -v busybox | cut -c2-)"', archive])
  await daemon.docker(['import', archive, image])
  const { stdout } = await runOk('sh', ['-c', 'command -v busybox'])
  await daemon.docker(['run', '-d', '--name', 'runs', '--network', 'none', image, stdout.trim(), 'sleep', '10000'])
  t.teardown(async () => daemon.tryDocker(['rm', '-f', 'runs']))
}

peers('a config of Sherdock does what it did, when it is told to', async (t) => {
  const { images, space } = await scene(t)
  const { daemon, tag, create } = images
  await tag('keep/me:1', 'kept by a pattern')
  await tag('wanted:latest', 'kept, for it was pulled')
  const stopped = await tag('used/app:1', 'of a container that never ran')
  await tag('used/app:2', 'of a container that never ran')
  await create(stopped, '--name', 'stopped', '-v', 'used-volume:/data')
  await runForever(t, images, 'used/busybox:1')
  await tag('parent/app:1', 'what a kept image was made from')
  await makeFrom(images, 'parent/app:1', 'keep/child:1')
  await tag('gone/a:1', 'first of a chain')
  await makeFrom(images, 'gone/a:1', 'gone/b:1')
  await makeFrom(images, 'gone/b:1', 'gone/c:1')
  await tag('gone/two:1', 'an image of two names')
  await tag('gone/two:2', 'an image of two names')
  const loose = await tag('gone/moved:1', 'what lost its name')
  await tag('gone/moved:1', 'what took the name')
  await daemon.docker(['volume', 'create', 'orphan'])
  const before = await images.list()
  t.true(before.includes(`dangling ${loose}`))

  const folder = space.write('in', { 'config.yml': config })
  const { stdout: imported } = await space.ok(['gc', 'policy', 'import-sherdock', join(folder, 'config.yml')])
  const write = (name: string, text: string): string => join(space.write('in', { [name]: text }), name)
  const gc = ['--source', 'docker', '--host', daemon.host]
  const run = async (...args: readonly string[]) => space.ibuild(['gc', ...args, ...gc])
  await space.ok(['gc', 'policy', 'set', write('dry.yml', imported), ...gc])
  await space.ok(['gc', 'run', ...gc])
  t.deepEqual(await images.list(), before, 'the import removes nothing yet')

  const enforced = `${imported.replace('mode: dryRun', 'mode: enforce')}\nvolumes: { olderThan: 0 }\n`
  await space.ok(['gc', 'policy', 'set', write('enforced.yml', enforced), ...gc])
  const refused = await run('run')
  t.is(refused.code, 2, refused.stderr)
  t.regex(refused.stderr, /--yes/)
  t.deepEqual([await images.list(), await images.volumes()], [before, ['orphan', 'used-volume']])

  const { stdout } = await space.ok(['gc', 'run', '--yes', '--json', ...gc])
  t.like(JSON.parse(stdout), { state: 'done', failed: 0, removed: 8 })
  t.deepEqual(await images.list(), [
    'keep/child:1',
    'keep/me:1',
    'parent/app:1',
    'used/app:1',
    'used/app:2',
    'used/busybox:1',
    'wanted:latest',
  ])
  t.deepEqual(await images.volumes(), ['used-volume'])
  const again = await space.ok(['gc', 'run', '--yes', '--json', ...gc])
  t.like(JSON.parse(again.stdout), { state: 'done', removed: 0, drifted: 0, failed: 0 })

  for (const [what, why] of [
    ['used/app:1', /IN_USE[\s\S]*container stopped has it/],
    ['used/busybox:1', /IN_USE[\s\S]*container runs has it \(running\)/],
    ['parent/app:1', /IN_USE[\s\S]*image keep\/child:1 was made from it/],
    ['volume used-volume', /IN_USE[\s\S]*container stopped/],
    ['keep/me:1', /KEEP_REGEX/],
  ] as const) {
    const { stdout: told } = await space.ok(['gc', 'explain', what, ...gc])
    t.regex(told, why, what)
  }
})

peers('what came to be in use after a plan stays', async (t) => {
  const { images, space } = await scene(t)
  const { daemon, tag, create } = images
  await tag('app:1', 'one')
  await tag('app:2', 'two')
  await tag('app:3', 'three')
  const policy = `version: 1
mode: propose
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - { id: all, repos: { include: [app] }, delete: [{ olderThan: { pushed: 0 } }] }
`
  const gc = ['--source', 'docker', '--host', daemon.host]
  const file = join(space.write('in', { 'policy.yml': policy }), 'policy.yml')
  await space.ok(['gc', 'policy', 'set', file, ...gc])
  const { id } = JSON.parse((await space.ok(['gc', 'plan', '--json', ...gc])).stdout)
  await create('app:1', '--name', 'late')
  await tag('app:2', 'another two')
  await daemon.docker(['rmi', 'app:3'])
  const applied = await space.ibuild(['gc', 'apply', id, '--yes', '--json', ...gc])
  t.like(JSON.parse(applied.stdout), { removed: 0, drifted: 2, gone: 1 }, applied.stderr)
  t.deepEqual(
    (await images.list()).filter((name) => name.startsWith('app')),
    ['app:1', 'app:2'],
  )
})
