import { createHash } from 'node:crypto'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { runOk } from '../../testing/run.ts'
import { digestIn, fetchBytes, makeScene, needsOf, serverKinds } from './scene.ts'

const dockerfile = 'FROM busybox\nCOPY a /a\nCOPY b /b/c\nENV X=1\n'
const files = { Dockerfile: dockerfile, a: 'a'.repeat(100_000), b: 'b\n' }
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

for (const kind of serverKinds) {
  needs(test.serial, ...needsOf(kind))(
    `${kind}: what is pushed comes back the same, and goes back byte for byte`,
    async (t) => {
      const scene = await makeScene(t, kind)
      const name = `${scene.host}/team/app:1`
      const built = await scene.ok(['-t', name, scene.write('c', files)])
      const pushed = await scene.ok(['push', name])
      const digest = digestIn(pushed.stdout)
      const manifest = await fetchBytes(`http://${scene.host}/v2/team/app/manifests/1`)
      t.is(sha256(manifest), digest)
      t.is(pushed.stdout, `1: digest: ${digest} size: ${manifest.length}\n`)

      const env = { env: scene.other }
      const pulled = await scene.ok(['pull', name], env)
      t.is(pulled.stdout, `Digest: ${digest}\nStatus: Downloaded newer image for ${name}\n${name}\n`)
      t.is((await scene.ok(['inspect', '--path', 'id', name], env)).stdout.trim(), built.stdout.trim())
      const tars = await Promise.all([{}, env].map(async (options) => scene.ok(['export', name], options)))
      t.is(sha256(tars[0]?.bytes ?? Buffer.alloc(0)), sha256(tars[1]?.bytes ?? Buffer.alloc(1)))

      const again = await scene.ok(['pull', name], env)
      t.regex(again.stdout, /Status: Image is up to date/)
      t.notRegex(again.stderr, /pulled/)
      const back = await scene.ok(['push', name, `${scene.host}/other/app:back`], env)
      t.is(digestIn(back.stdout), digest)
      t.deepEqual(await fetchBytes(`http://${scene.host}/v2/other/app/manifests/back`), manifest)
      t.notRegex(back.stderr, /pushed/)
      t.is((await scene.ok(['pull', '-q', name], env)).stdout, `${name}\n`)
    },
  )
}

needs(
  test.serial,
  'root',
  'busybox',
  'docker-registry',
  'skopeo',
)('an image that skopeo wrote is pulled, pushed back as it was, and read by skopeo', async (t) => {
  const scene = await makeScene(t)
  await scene.ok(['save', '-o', 'busybox.tar', 'busybox'])
  const source = `docker-archive:${scene.folder}/busybox.tar`
  const to = (tag: string): string => `docker://${scene.host}/theirs:${tag}`
  await runOk('skopeo', ['copy', '--dest-tls-verify=false', '--format', 'v2s2', source, to('1')])
  const theirs = await fetchBytes(`http://${scene.host}/v2/theirs/manifests/1`)
  await scene.ok(['pull', `${scene.host}/theirs:1`], { env: scene.other })
  await scene.ok(['push', `${scene.host}/theirs:1`, `${scene.host}/theirs:2`], { env: scene.other })
  t.deepEqual(await fetchBytes(`http://${scene.host}/v2/theirs/manifests/2`), theirs)
  for (const args of [
    ['--compression', 'zstd'],
    ['--format', 'docker'],
    ['--compression', 'uncompressed'],
  ]) {
    await scene.ok(['push', ...args, 'busybox', `${scene.host}/ours:1`])
    const folder = `${scene.folder}/${args.join('')}`
    await runOk('skopeo', ['copy', '--src-tls-verify=false', `docker://${scene.host}/ours:1`, `dir:${folder}`])
  }
  t.pass()
})

needs(
  test.serial,
  'root',
  'busybox',
  'docker-registry',
)('an image of 120 layers, some of them equal, goes and comes', async (t) => {
  const scene = await makeScene(t)
  const lines = Array.from({ length: 119 }, (_, i) => `COPY f /dir${i % 100}/f\n`)
  const context = scene.write('c', { Dockerfile: `FROM busybox\n${lines.join('')}`, f: 'f' })
  const name = `${scene.host}/deep:1`
  const built = await scene.ok(['-q', '-t', name, '--push', context])
  await scene.ok(['pull', name], { env: scene.other })
  const there = await scene.ok(['inspect', '--path', 'id', name], { env: scene.other })
  t.is(there.stdout.trim(), built.stdout.trim())
})

needs(
  test.serial,
  'root',
  'busybox',
  'docker-registry',
)('all tags of a repository go and come', async (t) => {
  const scene = await makeScene(t)
  const name = `${scene.host}/many`
  for (const tag of ['1', '2', '3']) await scene.ok(['tag', 'busybox', `${name}:${tag}`])
  const pushed = await scene.ok(['push', '--all-tags', name])
  t.is(pushed.stdout.trim().split('\n').length, 3)
  const pulled = await scene.ok(['pull', '-q', '-a', name], { env: scene.other })
  t.deepEqual(
    pulled.stdout
      .trim()
      .split('\n')
      .sort((a, b) => a.localeCompare(b)),
    [1, 2, 3].map((tag) => `${name}:${tag}`),
  )
})

needs(
  test.serial,
  'root',
  'busybox',
  'docker-registry',
)('what is pulled by digest is found by it, and names nothing else', async (t) => {
  const scene = await makeScene(t)
  await scene.ok(['push', 'busybox', `${scene.host}/app:1`])
  const digest = digestIn((await scene.ok(['push', 'busybox', `${scene.host}/app:1`])).stdout)
  const name = `${scene.host}/app@${digest}`
  const pulled = await scene.ok(['pull', `${scene.host}/app:1@${digest}`], { env: scene.other })
  t.is(pulled.stdout.trim().split('\n').at(-1), name)
  await scene.ok(['inspect', name], { env: scene.other })
  t.is((await scene.ibuild(['inspect', `${scene.host}/app:1`], { env: scene.other })).code, 1)
})
