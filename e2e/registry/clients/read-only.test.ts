import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startDockerd } from '../../testing/dockerd.ts'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOutput, run, runOk } from '../../testing/run.ts'
import { type Served, startServe } from '../../testing/serve.ts'
import { makeWorkspace, type Workspace } from '../../testing/workspace.ts'
import { shortFolder } from './server.ts'

const reason = /the registry is read-only for now/

async function readOnlyServer(t: ExecutionContext): Promise<Served> {
  const server = await startServe(join(shortFolder(t), 'data'), { args: ['--read-only'] })
  t.teardown(() => server.close())
  return server
}

/** The image `app:1` of one layer, and an archive of it that every client reads. */
async function oneLayer(t: ExecutionContext): Promise<{ readonly space: Workspace; readonly archive: string }> {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'a' })
  const archive = join(space.folder, 'app.tar')
  await space.ok(['-t', 'app:1', '-o', `type=docker,dest=${archive}`, context])
  return { space, archive }
}

/** Says why at once: no upload is asked for a second time. `blobs`: how many go side by side at most. */
async function assertRefusedOnce(
  t: ExecutionContext,
  { code, stdout, stderr }: RunOutput,
  { server, blobs = 1 }: { readonly server: Served; readonly blobs?: number },
): Promise<void> {
  t.not(code, 0)
  t.regex(stdout + stderr, reason)
  // A request is told of when it is over, which may be after its client has ended.
  t.is(await server.close(), 0)
  const asked = server
    .log()
    .split('\n')
    .filter((line) => /"method":"POST","route":"uploads"/.test(line))
  t.true(asked.length >= 1 && asked.length <= blobs, server.log())
}

test('ibuild push says at once that a registry is read-only', async (t) => {
  const [server, { space }] = [await readOnlyServer(t), await oneLayer(t)]
  const push = await space.ibuild(['push', 'app:1', `${server.host}/a/b:1`])
  await assertRefusedOnce(t, push, { server, blobs: 3 }) // layer, its index and config
})

needs(test, 'skopeo')('skopeo says at once that a registry is read-only', async (t) => {
  const [server, { archive }] = [await readOnlyServer(t), await oneLayer(t)]
  const to = `docker://${server.host}/a/b:1`
  const args = ['copy', '--retry-times', '2', '--dest-tls-verify=false', `docker-archive:${archive}`, to]
  await assertRefusedOnce(t, await run(requireProgram('skopeo'), args), { server })
})

needs(
  test,
  'root',
  'podman',
)('podman says at once that a registry is read-only', async (t) => {
  const [server, { archive }, folder] = [await readOnlyServer(t), await oneLayer(t), shortFolder(t)]
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
  const podman = [...storage, '--cgroup-manager', 'cgroupfs']
  await runOk(requireProgram('podman'), [...podman, 'load', '-i', archive])
  const to = `docker://${server.host}/a/b:1`
  const push = await run(requireProgram('podman'), [...podman, 'push', '--tls-verify=false', 'app:1', to])
  await assertRefusedOnce(t, push, { server })
})

needs(
  test,
  'root',
  'docker',
  'dockerd',
)('docker says at once that a registry is read-only', async (t) => {
  const [server, { archive }, folder] = [await readOnlyServer(t), await oneLayer(t), join(shortFolder(t), 'd')]
  mkdirSync(folder)
  const daemon = await startDockerd(folder)
  t.teardown(() => daemon.close())
  await daemon.docker(['load', '-i', archive])
  const name = `${server.host}/a/b:1`
  await daemon.docker(['tag', 'app:1', name])
  await assertRefusedOnce(t, await daemon.tryDocker(['push', name]), { server })
})

needs(test, 'crane')('crane says at once that a registry is read-only', async (t) => {
  const [server, { archive }] = [await readOnlyServer(t), await oneLayer(t)]
  const push = await run(requireProgram('crane'), ['push', archive, `${server.host}/a/b:1`])
  t.not(push.code, 0)
  t.regex(push.stderr, reason)
})
