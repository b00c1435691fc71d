import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { standIn } from '../../../shared/net/testing/stand-in.ts'
import { needs } from '../../testing/needs.ts'
import { startServe } from '../../testing/serve.ts'
import { makeWorkspace, type Workspace } from '../../testing/workspace.ts'

interface Scene {
  readonly space: Workspace
  readonly host: string
  readonly mirror: string
  /** Another registry. */
  readonly other: string
  /** With the mirror. */
  readonly env: Readonly<Record<string, string>>
}

/** A registry with an image, and a mirror of it that spoils every blob, or those of so many bytes, in its middle. */
async function sceneOf(t: ExecutionContext, least = 0): Promise<Scene> {
  const space = await makeWorkspace(t, { base: true })
  const [registry, other] = await Promise.all(['registry', 'other'].map((name) => startServe(join(space.folder, name))))
  if (registry === undefined || other === undefined) throw new Error('no registry')
  t.teardown(async () => void (await Promise.all([registry.close(), other.close()])))
  const mirror = await standIn(t, async (request, response) => {
    const answer = await fetch(`http://${registry.host}${request.url}`)
    const bytes = Buffer.from(await answer.arrayBuffer())
    const middle = bytes.length >> 1
    if (request.url?.includes('/blobs/') === true && bytes.length >= least) bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
    const type = answer.headers.get('content-type') ?? 'application/octet-stream'
    response.writeHead(answer.status, { 'content-type': type, 'content-length': bytes.length }).end(bytes)
  })
  await space.ok(['tag', 'busybox', `${registry.host}/team/base:1`])
  await space.ok(['push', `${registry.host}/team/base:1`])
  const file = join(space.folder, 'registries.yaml')
  writeFileSync(file, `registries:\n  ${registry.host}:\n    mirrors: [http://${mirror.host}]\n`)
  return { space, host: registry.host, mirror: mirror.host, other: other.host, env: { IBUILD_REGISTRIES: file } }
}

needs(test, 'busybox')(
  'what a mirror spoils comes from the registry: pull, FROM and copy, each with one note',
  async (t) => {
    const { space, host, other, env } = await sceneOf(t)
    const context = space.write('context', { Dockerfile: `FROM ${host}/team/base:1\nCOPY Dockerfile /\n` })
    const at = (name: string): string[] => ['--root', join(space.folder, name)]
    for (const args of [
      ['pull', ...at('pulled'), `${host}/team/base:1`],
      [...at('built'), context],
      ['copy', `${host}/team/base:1`, `${other}/base:1`],
    ]) {
      const { stderr } = await space.ok(args, { env })
      t.is(stderr.match(/the mirror 127\.0\.0\.1:\d+ is passed over/g)?.length, 1, stderr)
    }
    await space.ok(['pull', ...at('again'), `${other}/base:1`])
  },
)

needs(test, 'busybox')('what the registry itself spoils is an error, and nothing of it is kept', async (t) => {
  const { space, mirror, other } = await sceneOf(t, 100_000)
  const root = ['--root', join(space.folder, 'fresh')]
  for (const args of [
    ['pull', ...root, `${mirror}/team/base:1`],
    ['copy', `${mirror}/team/base:1`, `${other}/base:1`],
  ]) {
    const { code, stderr } = await space.ibuild(args)
    t.is(code, 1)
    t.regex(stderr, /\[DIGEST_MISMATCH\]/)
  }
  t.is((await space.ok(['images', '-q', ...root])).stdout, '')
  const { total } = JSON.parse((await space.ok(['du', '--json', ...root])).stdout) as { readonly total: number }
  t.is(total, 0)
  t.is((await space.ibuild(['pull', ...root, `${other}/base:1`])).code, 1)
})
