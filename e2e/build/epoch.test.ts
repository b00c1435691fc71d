import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const dockerfile =
  'FROM busybox\nWORKDIR /w/x\nCOPY f /copied/f\nRUN echo made > /made; mkdir /d; touch -t 200001010000 /old\n'

async function buildAt(space: Workspace, epoch: string): Promise<{ id: string; times: string }> {
  const context = space.write('c', { Dockerfile: dockerfile, f: 'x' })
  const tar = join(space.folder, 'out.tar')
  const env = { SOURCE_DATE_EPOCH: epoch, TZ: 'UTC' }
  const { stdout } = await space.ok(['--no-cache', '-o', `type=tar,dest=${tar}`, context], { env })
  const { stdout: listing } = await runOk('tar', ['-tvf', tar, '--full-time', 'w', 'copied', 'made', 'd', 'old'], {
    env,
  })
  return { id: stdout.trim(), times: listing }
}

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)('SOURCE_DATE_EPOCH bounds every time, so that building again gives the same image', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const first = await buildAt(space, '1600000000')
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const second = await buildAt(space, '1600000000')
  t.is(second.id, first.id)
  t.is(first.times.match(/2020-09-13 12:26:40/g)?.length, 6)
  t.regex(first.times, /2000-01-01 00:00:00.* old/)
  const [image] = JSON.parse((await space.ok(['inspect', first.id])).stdout)
  t.is(image.config.created, '2020-09-13T12:26:40.000Z')
})

test('a SOURCE_DATE_EPOCH that is no number is refused', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY f /\n', f: 'x' })
  const { code, stderr } = await space.ibuild(['--build-arg', 'SOURCE_DATE_EPOCH=-5x', context])
  t.is(code, 1)
  t.regex(stderr, /invalid SOURCE_DATE_EPOCH/)
})
