import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { runOk } from '../../testing/run.ts'
import { contentOf, contentOfLayout, told } from './content.ts'
import { imagesOnce } from './images.ts'
import { ourServer, shortFolder } from './server.ts'

const images = imagesOnce()

needs(
  test.serial,
  'root',
  'skopeo',
  'crane',
  'regctl',
  'busybox',
  'runc',
)('clients of three kinds push the same layers at once, to repositories of their own and to one', async (t) => {
  const [{ layout }, host] = [await images(), await ourServer(t)]
  const alone = join(shortFolder(t), 'alone')
  await runOk(requireProgram('skopeo'), ['copy', '--preserve-digests', `oci:${layout}:app`, `oci:${alone}:app`])
  const env = { REGCTL_CONFIG: join(shortFolder(t), 'config.json') }
  await runOk(requireProgram('regctl'), ['registry', 'set', host, '--tls', 'disabled'], { env })

  const expected = told(await contentOfLayout(layout, 'app'))
  const pushes: Record<string, (to: string) => Promise<unknown>> = {
    skopeo: (to) =>
      runOk(requireProgram('skopeo'), [
        'copy',
        '--preserve-digests',
        '--dest-tls-verify=false',
        `oci:${layout}:app`,
        `docker://${to}`,
      ]),
    crane: (to) => runOk(requireProgram('crane'), ['push', alone, to]),
    regctl: (to) => runOk(requireProgram('regctl'), ['image', 'copy', `ocidir://${layout}:app`, to], { env }),
  }
  for (const round of [1, 2]) {
    const places = Object.entries(pushes).flatMap(([name, push]) => [
      { push, repository: `own/${name}`, tag: `r${round}` },
      { push, repository: 'common', tag: `r${round}` }, // all to one tag
      { push, repository: 'common', tag: `${name}-${round}` },
    ])
    await Promise.all(places.map(({ push, repository, tag }) => push(`${host}/${repository}:${tag}`)))
    for (const { repository, tag } of places)
      t.deepEqual(told(await contentOf(host, repository, tag)), expected, `${repository}:${tag}`)
  }
  t.is((await runOk(requireProgram('crane'), ['ls', `${host}/common`])).stdout.split('\n').length - 1, 8)
})
