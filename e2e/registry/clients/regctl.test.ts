import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOptions, type RunOutput, runOk } from '../../testing/run.ts'
import { contentOf, contentOfLayout, told } from './content.ts'
import { imagesOnce } from './images.ts'
import { ourServer, shortFolder } from './server.ts'

const images = imagesOnce()
const withRegctl = needs(test.serial, 'root', 'regctl', 'busybox', 'runc')

interface Regctl {
  readonly host: string
  readonly regctl: (args: readonly string[], options?: RunOptions) => Promise<RunOutput>
}

/** regctl with settings of its own, which know that our server speaks plain HTTP. */
async function start(t: ExecutionContext, ...settings: readonly string[]): Promise<Regctl> {
  const host = await ourServer(t)
  const env = { REGCTL_CONFIG: join(shortFolder(t), 'config.json') }
  const regctl: Regctl['regctl'] = (args, options = {}) => runOk(requireProgram('regctl'), args, { ...options, env })
  await regctl(['registry', 'set', host, '--tls', 'disabled', ...settings])
  return { host, regctl }
}

withRegctl('regctl copies images and indexes, byte for byte', async (t) => {
  const { layout } = await images()
  const { host, regctl } = await start(t)
  for (const tag of ['app', 'zstd', 'multi']) {
    await regctl(['image', 'copy', `ocidir://${layout}:${tag}`, `${host}/sample:${tag}`])
    const expected = await contentOfLayout(layout, tag)
    t.deepEqual(told(await contentOf(host, 'sample', tag)), told(expected))
    t.is((await regctl(['image', 'digest', `${host}/sample:${tag}`])).stdout.trim(), expected.digest)
    await regctl(['image', 'copy', `${host}/sample:${tag}`, `${host}/mounted:${tag}`])
    const back = join(shortFolder(t), 'back')
    await regctl(['image', 'copy', `${host}/mounted:${tag}`, `ocidir://${back}:${tag}`])
    t.deepEqual(told(await contentOfLayout(back, tag)), told(expected))
  }
})

withRegctl('regctl lists and deletes tags: the manifest and other tags stay', async (t) => {
  const { layout } = await images()
  const { host, regctl } = await start(t)
  for (const tag of ['b', 'a']) await regctl(['image', 'copy', `ocidir://${layout}:app`, `${host}/sample:${tag}`])
  t.is((await regctl(['tag', 'ls', `${host}/sample`])).stdout, 'a\nb\n')
  await regctl(['tag', 'delete', `${host}/sample:a`])
  t.is((await regctl(['tag', 'ls', `${host}/sample`])).stdout, 'b\n')
  t.is((await regctl(['repo', 'ls', host])).stdout, 'sample\n')
  const { digest } = await contentOfLayout(layout, 'app')
  t.is((await contentOf(host, 'sample', digest)).digest, digest)
  await regctl(['manifest', 'delete', `${host}/sample@${digest}`])
  t.is((await regctl(['tag', 'ls', `${host}/sample`])).stdout.trim(), '')
})

interface Referrers {
  readonly descriptors: readonly {
    readonly digest: string
    readonly artifactType: string
    readonly annotations?: Record<string, string>
  }[]
}

withRegctl('regctl attaches artifacts to an image, finds them by type, and copies them along', async (t) => {
  const { layout } = await images()
  const { host, regctl } = await start(t)
  const image = `${host}/sample:app`
  await regctl(['image', 'copy', `ocidir://${layout}:app`, image])
  const attach = async (type: string, content: string): Promise<void> => {
    const args = [
      'artifact',
      'put',
      '--subject',
      image,
      '--artifact-type',
      type,
      '--annotation',
      `org.example.of=${type}`,
    ]
    await regctl(args, { input: content })
  }
  await attach('application/spdx+json', '{"spdx":1}')
  await attach('application/vnd.example.signature', 'signed')
  const list = async (of: string, ...filter: string[]): Promise<Referrers> => {
    const { stdout } = await regctl(['artifact', 'list', of, '--format', '{{json .}}', ...filter])
    return JSON.parse(stdout) as Referrers
  }
  t.deepEqual((await list(image)).descriptors.map(({ artifactType }) => artifactType).sort(), [
    'application/spdx+json',
    'application/vnd.example.signature',
  ])
  const found = (await list(image, '--filter-artifact-type', 'application/spdx+json')).descriptors
  t.deepEqual(
    found.map(({ annotations }) => annotations),
    [{ 'org.example.of': 'application/spdx+json' }],
  )
  t.is((await regctl(['artifact', 'get', `${host}/sample@${found[0]?.digest}`])).stdout, '{"spdx":1}')
  t.is((await regctl(['tag', 'ls', `${host}/sample`])).stdout, 'app\n', 'the referrers API needs no tags')

  await regctl(['image', 'copy', '--referrers', image, `${host}/elsewhere:app`])
  t.is((await list(`${host}/elsewhere:app`)).descriptors.length, 2)
})

withRegctl('regctl puts artifacts, blobs and indexes', async (t) => {
  const { layout } = await images()
  const { host, regctl } = await start(t)
  await regctl(['artifact', 'put', '--artifact-type', 'application/x-text', `${host}/artifacts:text`], {
    input: 'a text\n',
  })
  t.is((await regctl(['artifact', 'get', `${host}/artifacts:text`])).stdout, 'a text\n')

  const bytes = randomBytes(100_000)
  t.is((await regctl(['blob', 'put', `${host}/artifacts`], { input: bytes })).stdout.trim(), digestOf(bytes))
  t.deepEqual((await regctl(['blob', 'get', `${host}/artifacts`, digestOf(bytes)])).bytes, bytes)

  for (const tag of ['app', 'plain'])
    await regctl(['image', 'copy', `ocidir://${layout}:${tag}`, `${host}/sample:${tag}`])
  const refs = ['app', 'plain'].flatMap((tag) => ['--ref', `${host}/sample:${tag}`])
  await regctl(['index', 'create', `${host}/sample:both`, ...refs])
  const both = await contentOf(host, 'sample', 'both')
  for (const tag of ['app', 'plain']) t.true(both.blobs.has((await contentOfLayout(layout, tag)).digest))
  await regctl(['manifest', 'get', `${host}/sample:both`])
})

withRegctl('regctl uploads in chunks', async (t) => {
  const { host, regctl } = await start(t, '--blob-chunk', '65536', '--blob-max', '100000')
  const bytes = randomBytes(1_000_000)
  await regctl(['blob', 'put', `${host}/chunks`], { input: bytes })
  t.deepEqual((await regctl(['blob', 'get', `${host}/chunks`, digestOf(bytes)])).bytes, bytes)
})

withRegctl('regctl pushes an image whose digests are sha512', async (t) => {
  const { layout } = await images()
  const { host, regctl } = await start(t)
  await regctl(['image', 'copy', `ocidir://${layout}:app`, `${host}/sample:app`])
  await regctl(['image', 'mod', `${host}/sample:app`, '--digest-algo', 'sha512', '--create', `${host}/sample:long`])
  const digest = (await regctl(['image', 'digest', `${host}/sample:long`])).stdout.trim()
  t.regex(digest, /^sha512:[0-9a-f]{128}$/)
  const content = await contentOf(host, 'sample', digest)
  t.true([...content.blobs.keys()].every((each) => each.startsWith('sha512:')))
})
