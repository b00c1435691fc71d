import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { type Dockerd, startDockerd } from '../../testing/dockerd.ts'
import { needs } from '../../testing/needs.ts'
import { configOf, contentOf, layersOf } from './content.ts'
import { imagesOnce, printed } from './images.ts'
import { ourServer, peerServer, shortFolder } from './server.ts'

const images = imagesOnce()
const withDocker = needs(test.serial, 'root', 'docker', 'dockerd', 'busybox', 'runc')

const ends: (() => unknown)[] = []
const daemons = new Map<string, Promise<Dockerd>>()
test.after.always(async () => {
  for (const end of ends) await end()
})

/** One of two daemons that last for all tests of this file, each of which finds it without images. */
async function daemonOf(name: 'a' | 'b'): Promise<Dockerd> {
  const starting = daemons.get(name) ?? start(name)
  daemons.set(name, starting)
  const daemon = await starting
  await daemon.docker(['image', 'prune', '--all', '--force'])
  return daemon
}

async function start(name: string): Promise<Dockerd> {
  const folder = join(shortFolder({ teardown: (end) => void ends.unshift(end) }), name)
  mkdirSync(folder)
  const daemon = await startDockerd(folder)
  ends.unshift(() => daemon.close())
  return daemon
}

async function idOf(daemon: Dockerd, image: string): Promise<string> {
  return (await daemon.docker(['image', 'inspect', '-f', '{{.Id}}', image])).stdout.trim()
}

/** Brings the image of several layers into a daemon. */
async function load(daemon: Dockerd): Promise<void> {
  const { space } = await images()
  const { bytes } = await space.ok(['save', '--format', 'docker', 'sample:plain'])
  await daemon.docker(['load'], { input: bytes })
}

withDocker('docker pushes an image of several layers, and another docker pulls it', async (t) => {
  const [host, here, there] = [await ourServer(t), await daemonOf('a'), await daemonOf('b')]
  await load(here)
  const name = `${host}/team/sample:1`
  await here.docker(['tag', 'sample:plain', name])
  const push = await here.docker(['push', name])
  const pushed = await contentOf(host, 'team/sample', '1')
  t.true(push.stdout.includes(pushed.digest), push.stdout)

  const { digest, bytes, diffIds } = configOf(pushed)
  t.is(String(digest), await idOf(here, name), 'the config is the image that docker has')
  t.is(digestOf(bytes), digest)
  const layers = layersOf(pushed)
  t.deepEqual(
    layers.map((layer) => String(digestOf(gunzipSync(layer.bytes)))),
    [...diffIds],
  )

  t.regex((await there.docker(['pull', name])).stdout, new RegExp(pushed.digest))
  t.is(await idOf(there, name), digest)
  t.is((await there.docker(['run', '--rm', '--network', 'none', name])).stdout, printed)
  const byDigest = `${host}/team/sample@${pushed.digest}`
  await there.docker(['rmi', '-f', digest])
  await there.docker(['pull', byDigest])
  t.is(await idOf(there, byDigest), digest)
})

withDocker('docker mounts layers, pushes again without sending, and pulls all tags', async (t) => {
  const [host, daemon] = [await ourServer(t), await daemonOf('a')]
  await load(daemon)
  for (const name of ['first:1', 'first:2', 'other/second:1']) {
    await daemon.docker(['tag', 'sample:plain', `${host}/${name}`])
    await daemon.docker(['push', `${host}/${name}`])
  }
  const [first, second] = [await contentOf(host, 'first', '1'), await contentOf(host, 'other/second', '1')]
  t.deepEqual([...second.blobs.keys()].sort(), [...first.blobs.keys()].sort())
  t.regex((await daemon.docker(['push', `${host}/first:1`])).stdout, /Layer already exists/)
  const there = await daemonOf('b')
  await there.docker(['pull', '--all-tags', `${host}/first`])
  t.is(await idOf(there, `${host}/first:2`), await idOf(daemon, 'sample:plain'))
  const missing = await there.tryDocker(['pull', `${host}/first:3`])
  t.regex(missing.stderr, /manifest unknown|not found/)
})

withDocker('docker builds from an image of ours, and manifest lists made by it are served', async (t) => {
  const [{ space }, host, daemon] = [await images(), await ourServer(t), await daemonOf('a')]
  await load(daemon)
  await daemon.docker(['tag', 'sample:plain', `${host}/base:1`])
  await daemon.docker(['push', `${host}/base:1`])
  const context = space.write('from-registry', { Dockerfile: `FROM ${host}/base:1\nCOPY more /more\n`, more: 'more\n' })
  await daemon.docker(['rmi', `${host}/base:1`, 'sample:plain'])
  await daemon.docker(['build', '-t', `${host}/built:1`, context], { env: { DOCKER_BUILDKIT: '0' } })
  await daemon.docker(['push', `${host}/built:1`])
  const [base, built] = [await contentOf(host, 'base', '1'), await contentOf(host, 'built', '1')]
  t.is(layersOf(built).length, layersOf(base).length + 1)

  await daemon.docker(['manifest', 'create', '--insecure', `${host}/built:list`, `${host}/built:1`])
  await daemon.docker(['manifest', 'push', '--insecure', `${host}/built:list`])
  const list = await contentOf(host, 'built', 'list')
  t.is(list.mediaType, 'application/vnd.docker.distribution.manifest.list.v2+json')
  t.true(list.blobs.has(built.digest))
})

needs(
  test.serial,
  'root',
  'docker',
  'dockerd',
  'docker-registry',
  'busybox',
  'runc',
)('docker sends us and docker-registry the same', async (t) => {
  const [host, other, daemon] = [await ourServer(t), await peerServer(t, 'docker-registry'), await daemonOf('a')]
  await load(daemon)
  for (const registry of [host, other.host]) {
    await daemon.docker(['tag', 'sample:plain', `${registry}/sample:1`])
    await daemon.docker(['push', `${registry}/sample:1`])
  }
  const [ours, theirs] = [await contentOf(host, 'sample', '1'), await contentOf(other.host, 'sample', '1')]
  t.is(ours.digest, theirs.digest)
  t.deepEqual([...ours.blobs.keys()].sort(), [...theirs.blobs.keys()].sort())
})
