import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { startDockerd } from '../testing/dockerd.ts'
import { needs } from '../testing/needs.ts'
import { type RunOptions, type RunOutput, runOk } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** An image with a bit of everything that another program could get wrong. */
const dockerfile = [
  'FROM busybox AS base',
  'RUN mkdir -p /data/old && echo 1 > /data/old/gone && echo kept > /data/kept && ln /data/kept /data/hard && ln -s kept /data/soft',
  'FROM base',
  'RUN rm -r /data/old && mkdir /data/old && echo new > /data/old/new && chmod 4755 /bin/busybox',
  'COPY --chown=app:app --chmod=640 secret /home/app/secret',
  'WORKDIR /home/app',
  'ENV GREETING="hello there"',
  'USER app',
  'ENTRYPOINT ["sh", "-c"]',
  'CMD ["echo $GREETING; id; ls -ln /home/app /data /data/old; cat secret"]',
].join('\n')

async function buildSample(space: Workspace): Promise<string> {
  const context = space.write('sample', { Dockerfile: dockerfile, secret: 'sesame\n' })
  await space.ok(['-t', 'sample:1', context])
  return (await space.ok(['run', 'sample:1'])).stdout
}

/** Directory sizes and the times of directories that a runtime makes differ; all else must be the same. */
function stable(listing: string): string {
  return listing.replace(/^(d\S+ +\d+ \d+ +\d+) +\d+/gm, '$1').replace(/^total \d+$/gm, '')
}

const short = (): string => mkdtempSync(join(tmpdir(), 'pd-'))

needs(
  test.serial,
  'root',
  'docker',
  'dockerd',
  'busybox',
  'runc',
)('docker loads and runs what we save, and we load what docker saves', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const expected = await buildSample(space)
  const folder = short()
  const daemon = await startDockerd(folder)
  t.teardown(async () => {
    await daemon.close()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const format of ['docker', 'oci']) {
    const archive = join(space.folder, `${format}.tar`)
    await space.ok(['save', '--format', format, '-o', archive, 'sample:1'])
    if (format === 'docker') {
      t.regex((await daemon.docker(['load', '-i', archive])).stdout, /sample:1/)
      const { stdout } = await daemon.docker(['run', '--rm', '--network', 'none', 'sample:1'])
      t.is(stable(stdout), stable(expected))
    }
  }
  const id = (await daemon.docker(['image', 'inspect', '-f', '{{.Id}}', 'sample:1'])).stdout.trim()
  t.is(id, JSON.parse((await space.ok(['inspect', 'sample:1'])).stdout)[0].id, 'docker gives the same image ID')

  await daemon.docker(['tag', 'sample:1', 'again:2'])
  const { bytes } = await daemon.docker(['save', 'again:2'])
  const other = await makeWorkspace(t)
  t.regex((await other.ok(['load'], { input: bytes })).stdout, new RegExp(`^loaded again:2 ${id}`))
  t.is(stable((await other.ok(['run', 'again:2'])).stdout), stable(expected))
})

/** Storage of its own for containers/storage programs. */
function containersOptions(folder: string): string[] {
  mkdirSync(join(folder, 'cs'), { recursive: true })
  return ['--root', join(folder, 'cs/root'), '--runroot', join(folder, 'cs/run'), '--storage-driver', 'vfs']
}

needs(
  test.serial,
  'root',
  'podman',
  'busybox',
  'runc',
)('podman loads and runs both formats', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const expected = await buildSample(space)
  const global = [...containersOptions(space.folder), '--runtime', '/usr/sbin/runc', '--cgroup-manager', 'cgroupfs']
  const podman = (args: readonly string[], options?: RunOptions): Promise<RunOutput> =>
    runOk('podman', [...global, ...args], options)
  for (const format of ['docker', 'oci']) {
    const archive = join(space.folder, `${format}.tar`)
    await space.ok(['save', '--format', format, '-o', archive, 'sample:1'])
    const loaded = (await podman(['load', '-q', '-i', archive])).stdout
    const name = /(\S+)\s*$/.exec(loaded)?.[1] ?? ''
    const { stdout } = await podman([
      'run',
      '--rm',
      '--network',
      'none',
      '--log-driver',
      'none',
      '--ulimit',
      'nofile=1024:1024',
      '--ulimit',
      'nproc=1024:1024',
      name,
    ])
    t.is(stable(stdout), stable(expected), format)
    await podman(['rmi', '-f', name])
  }
})

needs(
  test.serial,
  'root',
  'skopeo',
  'umoci',
  'busybox',
  'runc',
)('skopeo copies and umoci unpacks both formats; we load what skopeo writes', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const expected = await buildSample(space)
  await space.ok(['save', '--format', 'docker', '-o', join(space.folder, 'd.tar'), 'sample:1'])
  await space.ok(['save', '--format', 'oci', '-o', join(space.folder, 'o.tar'), 'sample:1'])
  const layout = join(space.folder, 'layout')
  await runOk('skopeo', ['copy', `docker-archive:${space.folder}/d.tar`, `oci:${layout}:docker`])
  await runOk('skopeo', ['copy', `oci-archive:${space.folder}/o.tar`, `oci:${layout}:oci`])
  for (const tag of ['docker', 'oci']) {
    const bundle = join(space.folder, `bundle-${tag}`)
    await runOk('umoci', ['unpack', '--image', `${layout}:${tag}`, bundle])
    t.is(readFileSync(join(bundle, 'rootfs/home/app/secret'), 'utf8'), 'sesame\n')
    const { stdout } = await runOk('find', [join(bundle, 'rootfs/data'), '-printf', '%P %y %l %n\\n'])
    t.deepEqual(stdout.split('\n').filter(Boolean).sort(), [
      ' d  3',
      'hard f  2',
      'kept f  2',
      'old d  2',
      'old/new f  1',
      'soft l kept 1',
    ])
  }
  const { stdout } = await runOk('skopeo', ['inspect', '--config', `oci:${layout}:oci`])
  t.deepEqual(JSON.parse(stdout).config.Entrypoint, ['sh', '-c'])

  const id = JSON.parse((await space.ok(['inspect', 'sample:1'])).stdout)[0].id as string
  const other = await makeWorkspace(t)
  // skopeo compresses on the way into a layout; the image ID stays because the config does.
  await runOk('skopeo', ['copy', `oci:${layout}:oci`, `docker-archive:${other.folder}/s.tar:from/skopeo:3`])
  t.regex((await other.ok(['load', '-i', join(other.folder, 's.tar')])).stdout, new RegExp(`from/skopeo:3 ${id}`))
  await runOk('skopeo', ['copy', `oci-archive:${space.folder}/o.tar`, `oci:${other.folder}/single:x`])
  t.regex(
    (await other.ok(['load', '-t', 'layout:1', join(other.folder, 'single')])).stdout,
    new RegExp(`layout:1 ${id}`),
  )
  t.is(stable((await other.ok(['run', 'layout:1'])).stdout), stable(expected))
})

needs(
  test.serial,
  'root',
  'buildah',
  'busybox',
  'runc',
)('we load what buildah pushes', async (t) => {
  const space = await makeWorkspace(t)
  const options = containersOptions(space.folder)
  const buildah = async (args: readonly string[]): Promise<string> =>
    (await runOk('buildah', [...options, ...args])).stdout.trim()
  const container = await buildah(['from', 'scratch'])
  writeFileSync(join(space.folder, 'file'), 'from buildah\n')
  await buildah(['copy', '--chown', '7:8', container, join(space.folder, 'file'), '/d/file'])
  await buildah(['config', '--cmd', '/d/file', '--env', 'A=b', container])
  await buildah(['commit', container, 'made'])
  for (const target of ['oci-archive', 'docker-archive']) {
    const archive = join(space.folder, `${target}.tar`)
    await buildah(['push', 'made', `${target}:${archive}:buildah:${target}`])
    const id = /sha256:[0-9a-f]{64}/.exec((await space.ok(['load', '-t', `got:${target}`, archive])).stdout)?.[0]
    t.truthy(id)
    const [image] = JSON.parse((await space.ok(['inspect', `got:${target}`])).stdout)
    t.deepEqual(image.config.config.Cmd, ['/d/file'])
  }
  const out = join(space.folder, 'files.tar')
  const context = space.write('c', { Dockerfile: 'FROM got:oci-archive\n' })
  await space.ok(['-o', `type=tar,dest=${out}`, context])
  t.regex((await runOk('tar', ['-tvf', out])).stdout, /7\/8 +13 .* d\/file/)
})
