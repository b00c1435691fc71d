import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { startDockerd } from '../testing/dockerd.ts'
import { needs } from '../testing/needs.ts'
import { startRegistry } from '../testing/registry.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

async function buildDeep(space: Workspace, layers: number, from = 'scratch'): Promise<void> {
  const copies = Array.from({ length: layers }, (_, i) => `COPY f /d/f${i}\n`).join('')
  const context = space.write(`deep-${layers}`, { Dockerfile: `FROM ${from}\n${copies}`, f: `of ${layers}\n` })
  await space.ok(['-q', '-t', `deep:${layers}`, context])
}

async function imageOf(space: Workspace, name: string): Promise<{ readonly id: string; readonly layers: number }> {
  const [{ id, config }] = JSON.parse((await space.ok(['inspect', name])).stdout)
  return { id, layers: config.rootfs.diff_ids.length }
}

needs(
  test.serial,
  'root',
  'busybox',
  'tar',
  'runc',
  'skopeo',
  'docker-registry',
)('an image of 127 layers runs, is saved, pushed to a registry and pulled, and comes back unchanged', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  await buildDeep(space, 126, 'busybox')
  const before = await imageOf(space, 'deep:126')
  t.is(before.layers, 127)
  const count = async (where: Workspace): Promise<string> =>
    (await where.ok(['run', 'deep:126', 'sh', '-c', 'ls /d | wc -l; cat /d/f125'])).stdout
  t.is(await count(space), '126\nof 126\n')

  const folder = temporaryFolder(t)
  const registry = await startRegistry(folder)
  t.teardown(() => registry.close())
  const [saved, pulled] = [join(space.folder, 'saved.tar'), join(space.folder, 'pulled.tar')]
  await space.ok(['save', '--format', 'oci', '-o', saved, 'deep:126'])
  const remote = `docker://${registry.host}/team/deep:1`
  await runOk('skopeo', ['copy', '-q', '--dest-tls-verify=false', `oci-archive:${saved}`, remote])
  await runOk('skopeo', ['copy', '-q', '--src-tls-verify=false', remote, `oci-archive:${pulled}:deep:126`])
  const other = await makeWorkspace(t)
  await other.ok(['load', '-t', 'deep:126', pulled])
  t.deepEqual(await imageOf(other, 'deep:126'), before)
  t.is(await count(other), '126\nof 126\n')
})

needs(
  test.serial,
  'root',
  'docker',
  'dockerd',
)("docker's daemon takes 125 layers and no more, as the limit has it", async (t) => {
  const space = await makeWorkspace(t)
  const folder = mkdtempSync(join(tmpdir(), 'pd-'))
  const daemon = await startDockerd(folder)
  t.teardown(async () => {
    await daemon.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const archive = join(space.folder, 'docker.tar')
  for (const [layers, taken] of [
    [125, true],
    [126, false],
  ] as const) {
    await buildDeep(space, layers)
    await space.ok(['save', '--format', 'oci', '-o', `${archive}.oci`, `deep:${layers}`])
    await runOk('skopeo', [
      'copy',
      '-q',
      `oci-archive:${archive}.oci`,
      `docker-archive:${archive}.${layers}:deep:${layers}`,
    ])
    const { code, stderr } = await daemon.tryDocker(['load', '-i', `${archive}.${layers}`])
    t.is(code === 0, taken, stderr)
    if (!taken) t.regex(stderr, /max depth exceeded/)
  }
})
