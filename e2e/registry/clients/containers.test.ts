import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOptions, runOk } from '../../testing/run.ts'
import { type Content, configOf, contentOf, contentOfLayout, layersOf, told } from './content.ts'
import { imagesOnce, printed } from './images.ts'
import { ourServer, shortFolder } from './server.ts'

const images = imagesOnce()
const withPodman = needs(test.serial, 'root', 'podman', 'busybox', 'runc')

type Run = (args: readonly string[], options?: RunOptions) => Promise<string>

/** podman or buildah with a storage of its own below a folder. */
function tool(program: string, folder: string): Run {
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
  const runtime = program === 'podman' ? ['--runtime', '/usr/sbin/runc', '--cgroup-manager', 'cgroupfs'] : []
  return async (args, options) =>
    (await runOk(requireProgram(program), [...storage, ...runtime, ...args], options)).stdout.trim()
}

/** A server, and podman with the image of several layers and its ID. */
async function podmanScene(t: ExecutionContext): Promise<{ host: string; podman: Run; id: string }> {
  const [{ space }, host] = [await images(), await ourServer(t)]
  const podman = tool('podman', shortFolder(t))
  const { bytes } = await space.ok(['save', '--format', 'oci', 'sample:app'])
  await podman(['load'], { input: bytes })
  return { host, podman, id: (await podman(['image', 'inspect', '-f', '{{.Id}}', 'sample:app'])).trim() }
}

function diffIdsOf(content: Content): string[] {
  return layersOf(content).map(({ bytes }) => digestOf(gunzipSync(bytes)))
}

withPodman('podman pushes and pulls', async (t) => {
  const { host, podman: here, id } = await podmanScene(t)
  const there = tool('podman', shortFolder(t))
  const file = join(shortFolder(t), 'digest')
  await here(['push', '--tls-verify=false', '--digestfile', file, id, `docker://${host}/team/sample:1`])
  const pushed = await contentOf(host, 'team/sample', '1')
  t.is(readFileSync(file, 'utf8').trim(), pushed.digest)
  t.is(String(configOf(pushed).digest), `sha256:${id}`)
  t.deepEqual(diffIdsOf(pushed), [...configOf(pushed).diffIds])

  t.is((await there(['pull', '--tls-verify=false', `${host}/team/sample:1`])).split('\n').at(-1), id)
  t.is(
    await there([
      'run',
      '--rm',
      '--ulimit',
      'nofile=1024:1024',
      '--ulimit',
      'nproc=1024:1024',
      '--network',
      'none',
      `${host}/team/sample:1`,
    ]),
    printed.trim(),
  )
  t.is(await there(['image', 'inspect', '-f', '{{.Digest}}', id]), pushed.digest)
})

withPodman('podman pushes with zstd, and manifest lists', async (t) => {
  const { host, podman, id } = await podmanScene(t)
  await podman([
    'push',
    '--tls-verify=false',
    '--compression-format',
    'zstd',
    '--format',
    'oci',
    id,
    `docker://${host}/sample:zstd`,
  ])
  const types = layersOf(await contentOf(host, 'sample', 'zstd')).map(({ mediaType }) => mediaType)
  t.deepEqual([...new Set(types)], ['application/vnd.oci.image.layer.v1.tar+zstd'])

  await podman(['manifest', 'create', 'list'])
  await podman(['manifest', 'add', '--tls-verify=false', 'list', `docker://${host}/sample:zstd`])
  await podman(['manifest', 'push', '--all', '--tls-verify=false', 'list', `docker://${host}/sample:list`])
  const list = await contentOf(host, 'sample', 'list')
  t.true(list.blobs.has((await contentOf(host, 'sample', 'zstd')).digest))
})

needs(
  test.serial,
  'root',
  'buildah',
  'busybox',
  'runc',
  'skopeo',
)('buildah pulls, builds on it and pushes', async (t) => {
  const [{ layout, space }, host] = [await images(), await ourServer(t)]
  const [here, there] = [tool('buildah', shortFolder(t)), tool('buildah', shortFolder(t))]
  const copy = ['copy', '--preserve-digests', '--dest-tls-verify=false', `oci:${layout}:app`, `docker://${host}/base:1`]
  await runOk(requireProgram('skopeo'), copy)
  t.deepEqual(told(await contentOf(host, 'base', '1')), told(await contentOfLayout(layout, 'app')))
  const context = space.write('on-base', { Dockerfile: `FROM ${host}/base:1\nCOPY more /more\n`, more: 'more\n' })
  await here(['build', '--tls-verify=false', '--isolation', 'chroot', '-t', 'built', context])
  await here(['push', '--tls-verify=false', 'built', `docker://${host}/built:1`])
  const [base, built] = [await contentOf(host, 'base', '1'), await contentOf(host, 'built', '1')]
  t.is(layersOf(built).length, layersOf(base).length + 1)
  t.deepEqual(diffIdsOf(built), [...configOf(built).diffIds])
  t.deepEqual(diffIdsOf(built).slice(0, -1), diffIdsOf(base))

  const id = await there(['pull', '-q', '--tls-verify=false', `docker://${host}/built:1`])
  t.is(`sha256:${id}`, configOf(built).digest)
})
