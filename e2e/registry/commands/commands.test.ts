import test from 'ava'
import { needs } from '../../testing/needs.ts'
import type { RunOutput } from '../../testing/run.ts'
import { digestIn, fetchBytes, makeScene, needsOf, type Scene, serverKinds, startServer } from './scene.ts'

const peer = ['root', 'busybox', 'docker-registry'] as const

/** Two images that differ, for two platforms, under the tags amd and arm. */
async function pushTwo(scene: Scene, name: string): Promise<void> {
  const tar = (await scene.ok(['export', 'busybox'])).bytes
  for (const [tag, platform] of [
    ['amd', 'linux/amd64'],
    ['arm', 'linux/arm64'],
  ] as const) {
    await scene.ok(['import', '--platform', platform, '-', `${name}:${tag}`], { input: tar })
    await scene.ok(['push', '-q', `${name}:${tag}`])
  }
}

const manifestOf = async (host: string, path: string, ref: string): Promise<Buffer> =>
  fetchBytes(`http://${host}/v2/${path}/manifests/${ref}`)

for (const kind of serverKinds) {
  const on = needs(test.serial, ...needsOf(kind))

  on(`${kind}: an index is made, added to, shown, copied and pulled by platform`, async (t) => {
    const scene = await makeScene(t, kind)
    const name = `${scene.host}/team/multi`
    await pushTwo(scene, name)
    const made = await scene.ok(['index', 'create', `${name}:1`, `${name}:amd`, '--annotation', 'a=b'])
    await scene.ok(['index', 'add', `${name}:1`, `${name}:arm`])
    const shown = await scene.ok(['index', 'inspect', `${name}:1`])
    t.regex(shown.stdout, /^linux\/amd64 +sha256:[0-9a-f]{64} /m)
    t.regex(shown.stdout, /^linux\/arm64 +sha256:/m)
    t.not(digestIn(shown.stdout), digestIn(made.stdout))
    const { digest, document } = JSON.parse((await scene.ok(['index', 'inspect', '--json', `${name}:1`])).stdout) as {
      digest: string
      document: { annotations: object; manifests: unknown[] }
    }
    t.deepEqual([digest, document.annotations, document.manifests.length], [digestIn(shown.stdout), { a: 'b' }, 2])
    const raw = await scene.ok(['index', 'inspect', '--raw', `${name}:1`])
    t.deepEqual(raw.bytes, await manifestOf(scene.host, 'team/multi', '1'))

    await scene.ok(['push', '-q', 'busybox', `${name}:own`])
    await scene.ok(['index', 'create', `${name}:2`, `${name}:1`])
    const renewed = await scene.ok(['index', 'add', `${name}:2`, `${name}:own`])
    t.regex(renewed.stderr, /^linux\/(?:amd64|arm64): replaced sha256:[0-9a-f]{64}$/m)
    t.notRegex((await scene.ok(['index', 'add', `${name}:2`, `${name}:own`])).stderr, /replaced/)

    const second = await startServer(t, scene, kind, 'second')
    const copied = await scene.ok(['copy', `${name}:1`, `${second}/here/multi`])
    t.is(digestIn(copied.stdout), digest)
    t.deepEqual(await manifestOf(second, 'here/multi', '1'), raw.bytes)
    const again = await scene.ok(['copy', `${name}:1`, `${second}/here/multi:1`])
    t.notRegex(again.stderr, /copied|mounted/)

    const pulled = await scene.ok(['pull', '--platform', 'linux/arm64', `${second}/here/multi:1`], { env: scene.other })
    t.is(digestIn(pulled.stdout), digest)
    const architecture = ['inspect', '--path', 'config.architecture', `${second}/here/multi:1`]
    t.is((await scene.ok(architecture, { env: scene.other })).stdout.trim(), 'arm64')
    const foreign = await scene.ibuild(['pull', '--platform', 'linux/s390x', `${second}/here/multi:1`])
    says(t, foreign, /no image for linux\/s390x: it has linux\/amd64, linux\/arm64 \[PLATFORM_NOT_FOUND\]/)
  })

  on(`${kind}: on one host a copy mounts, and a tag or a manifest is deleted`, async (t) => {
    const scene = await makeScene(t, kind)
    await scene.ok(['push', '-q', 'busybox', `${scene.host}/one:1`])
    const copied = await scene.ok(['copy', `${scene.host}/one:1`, `${scene.host}/two:2`])
    t.regex(copied.stderr, /mounted from one/)
    t.notRegex(copied.stderr, /copied/)
    await scene.ok(['copy', `${scene.host}/two:2`, `${scene.host}/two:3`])
    const byTag = await scene.ibuild(['delete', `${scene.host}/two:3`])
    if (kind === 'ibuild') t.is(byTag.stdout, `untagged: ${scene.host}/two:3\n`, byTag.stderr)
    else says(t, byTag, /REGISTRY_REFUSED\]\nhint: .*--manifest/)
    if (kind !== 'ibuild')
      says(t, await scene.ibuild(['delete', '--manifest', `${scene.host}/two:2`]), /other tags.*: 3 \[IMAGE_IN_USE/)
    const gone = await scene.ok(['delete', '--manifest', '--force', `${scene.host}/two:2`])
    t.regex(gone.stdout, /^untagged: .*\/two:2$/m)
    t.regex(gone.stdout, /^deleted: .*\/two@sha256:[0-9a-f]{64}$/m)
    says(
      t,
      await scene.ibuild(['delete', '--manifest', `${scene.host}/two:2`]),
      /has no image .*\/two:2 \[REGISTRY_NOT_FOUND\]/,
    )
    t.is((await scene.ibuild(['delete', '--force', '--manifest', `${scene.host}/two:2`])).code, 0)
    await scene.ok(['pull', '-q', `${scene.host}/one:1`], { env: scene.other })
  })

  on(`${kind}: repositories and tags are listed`, async (t) => {
    const scene = await makeScene(t, kind)
    for (const name of ['a:1', 'team/x:1', 'team/x:2', 'team/y:1'])
      await scene.ok(['push', '-q', '--no-layer-indexes', 'busybox', `${scene.host}/${name}`])
    const search = async (...args: string[]): Promise<string[]> =>
      (await scene.ok(['search', ...args])).stdout.replaceAll(scene.host, 'H').trim().split('\n')
    t.deepEqual(await search(scene.host), ['H/a', 'H/team/x', 'H/team/y'])
    t.deepEqual(await search(`${scene.host}/team/`), ['H/team/x', 'H/team/y'])
    t.deepEqual(await search(`${scene.host}/*/y`), ['H/team/y'])
    t.deepEqual(
      (await search('--tags', `${scene.host}/team/x`)).sort((a, b) => a.localeCompare(b)),
      ['H/team/x:1', 'H/team/x:2'],
    )
    const few = await scene.ok(['search', '--limit', '1', '--json', scene.host])
    t.deepEqual(JSON.parse(few.stdout), { host: scene.host, repositories: [{ name: 'a' }], more: true })
    t.regex(few.stderr, /there are more/)
  })

  on(`${kind}: referrers of what is copied come with it, and are found on the other side`, async (t) => {
    const scene = await makeScene(t, kind)
    // The indexes of the layers that a push leaves beside an image are referrers of it.
    await scene.ok([
      '-q',
      '-t',
      `${scene.host}/app:1`,
      '--push',
      scene.write('c', { Dockerfile: 'FROM busybox\nCOPY f /\n', f: 'f' }),
    ])
    const second = await startServer(t, scene, kind, 'second')
    const digest = digestIn((await scene.ok(['copy', '--referrers', `${scene.host}/app:1`, `${second}/app:1`])).stdout)
    t.deepEqual(await referrersOf(second, digest), await referrersOf(scene.host, digest))
    t.is((await referrersOf(second, digest)).length, 1)
  })
}

/** Through the API, or the tag that stands for it. */
async function referrersOf(host: string, digest: string): Promise<string[]> {
  const api = await fetch(`http://${host}/v2/app/referrers/${digest}`)
  const document = api.ok ? await api.text() : (await manifestOf(host, 'app', digest.replace(':', '-'))).toString()
  return (JSON.parse(document) as { manifests: { digest: string }[] }).manifests.map((each) => each.digest)
}

function says(
  t: { is: (a: unknown, b: unknown, m?: string) => void; regex: (a: string, b: RegExp) => void },
  { code, stderr }: RunOutput,
  expected: RegExp,
): void {
  t.is(code, 1, stderr)
  t.regex(stderr, expected)
}

needs(test.serial, ...peer)('what is not there is told with what is', async (t) => {
  const scene = await makeScene(t)
  await scene.ok(['push', '-q', 'busybox', `${scene.host}/app:latest`])
  says(
    t,
    await scene.ibuild(['pull', `${scene.host}/app:latst`]),
    /has no image .*latst \[REGISTRY_NOT_FOUND\]\nhint: Did you mean .*app:latest\?/,
  )
  says(t, await scene.ibuild(['pull', `${scene.host}/nothing`]), /hint: There is no such repository/)
  says(t, await scene.ibuild(['copy', `${scene.host}/nothing`, `${scene.host}/x`]), /REGISTRY_NOT_FOUND/)
  says(t, await scene.ibuild(['push', `${scene.host}/none`]), /IMAGE_NOT_FOUND/)
  says(t, await scene.ibuild(['index', 'inspect', `${scene.host}/none`]), /REGISTRY_NOT_FOUND/)
  says(
    t,
    await scene.ibuild(['index', 'create', `${scene.host}/app:all`, `${scene.host}/app:none`]),
    /has no image .*none \[REGISTRY_NOT_FOUND\]\nhint: It has the tags latest\./,
  )
})

needs(test.serial, ...peer)(
  'an image for another machine is a warning, but not the one that was asked for',
  async (t) => {
    const scene = await makeScene(t)
    await pushTwo(scene, `${scene.host}/app`)
    const foreign = process.arch === 'arm64' ? 'amd' : 'arm'
    const pulled = await scene.ok(['pull', `${scene.host}/app:${foreign}`], { env: scene.other })
    t.regex(pulled.stderr, /warning: the image is for linux\/(?:arm64|amd64), and this machine is/)
    const asked = [
      'pull',
      '--platform',
      `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
      `${scene.host}/app:${foreign}`,
    ]
    says(t, await scene.ibuild(asked), /PLATFORM_NOT_FOUND/)
  },
)

needs(test.serial, ...peer)('artifacts are copied, and are no image for pull and index', async (t) => {
  const scene = await makeScene(t)
  const empty = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
  const base = `http://${scene.host}/v2/thing`
  const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
  const location = new URL(begun.headers.get('location') ?? '', base)
  location.searchParams.set('digest', empty)
  await fetch(location, { method: 'PUT', body: '{}' })
  const descriptor = { mediaType: 'application/vnd.oci.empty.v1+json', digest: empty, size: 2 }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const document = {
    schemaVersion: 2,
    mediaType,
    artifactType: 'application/x.thing',
    config: descriptor,
    layers: [descriptor],
  }
  const put = await fetch(`${base}/manifests/1`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: JSON.stringify(document),
  })
  t.is(put.status, 201)
  const refused = await scene.ibuild(['pull', `${scene.host}/thing:1`])
  says(t, refused, /is no image: application\/x\.thing \[NOT_AN_IMAGE\]/)
  says(t, await scene.ibuild(['index', 'create', `${scene.host}/thing:all`, `${scene.host}/thing:1`]), /NOT_AN_IMAGE/)
  await scene.ok(['copy', `${scene.host}/thing:1`, `${scene.host}/other:1`])
  t.deepEqual(await manifestOf(scene.host, 'other', '1'), await manifestOf(scene.host, 'thing', '1'))
})

const wrong: [args: string, says: RegExp][] = [
  ['pull', /missing required argument/],
  ['pull a b', /too many arguments/],
  ['pull UPPER', /lower-case/],
  ['pull -a a:1', /without tag/],
  ['pull --platform x/y/z/w a', /not a platform/],
  ['pull --parallel 0 a', /not from 1 to 64/],
  ['push', /missing required argument/],
  ['push --compression lzma busybox', /"lzma" is not supported/],
  ['push --format zip busybox', /not oci or docker/],
  ['push --format docker --compression zstd busybox', /no zstd layers/],
  ['push --annotation manifest-descriptor:a=b busybox', /no manifest-descriptor/],
  ['push busybox h/a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', /digest/],
  ['copy a', /missing required argument/],
  ['copy --all --platform linux/amd64 a b', /contradict/],
  ['delete h:1/a', /neither tag nor digest/],
  ['index', /missing required argument/],
  ['index crate a b', /no ibuild index "crate"/],
  ['index create a', /missing required argument/],
  ['index create --annotation x a b', /not KEY=VALUE/],
  ['index add --annotation x a b', /See ibuild index add --help/],
  ['search team', /not the host/],
  ['search https://localhost:1/a', /Leave the http:/],
  ['search --limit 0 localhost:1', /finds nothing/],
]
needs(test.serial, 'busybox')('wrong usage is told before a registry is asked', async (t) => {
  const scene = await makeUsage(t)
  for (const [args, expected] of wrong) {
    const { code, stderr, stdout } = await scene.ibuild(args.split(' '))
    t.is(code, 2, `${args}\n${stderr}`)
    t.regex(stderr, expected, args)
    t.regex(stderr, /^hint: \S/m, args)
    t.is(stdout, '')
  }
  const id = (await scene.ibuild(['images', '-q'])).stdout.trim()
  const byID = await scene.ibuild(['push', id])
  t.is(byID.code, 2, byID.stderr)
  t.regex(byID.stderr, /is the ID of an image.*\nhint: Write ibuild push \S+ NAME/)
})

async function makeUsage(t: Parameters<typeof makeScene>[0]): Promise<Pick<Scene, 'ibuild'>> {
  const { makeWorkspace } = await import('../../testing/workspace.ts')
  return makeWorkspace(t, { base: true })
}
