import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { fetchBytes, makeScene, needsOf, type Scene, serverKinds } from './scene.ts'

/** The digest of what `images` has under a name, pushed: a new one each time. */
async function pushNew(scene: Scene, name: string, args: readonly string[] = []): Promise<string> {
  const context = scene.write(`context-${Math.random()}`, {
    Dockerfile: 'FROM scratch\nCOPY a /\n',
    a: String(Math.random()),
  })
  await scene.ok(['-t', name, context])
  const { stdout } = await scene.ok(['push', ...args, name])
  return /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1] ?? ''
}

for (const kind of serverKinds) {
  const on = needs(test, ...needsOf(kind))

  on(`${kind}: a tag is pushed only where it is new, and moved only from what it is`, async (t) => {
    const scene = await makeScene(t, kind)
    const name = `${scene.host}/team/app:1`
    const first = await pushNew(scene, name, ['--if-new'])
    const again = await scene.ibuild(['push', '--if-new', name])
    t.is(again.code, 1)
    t.regex(again.stderr, new RegExp(`the tag 1 is ${first}, and should be new: nothing was sent \\[TAG_CHANGED\\]`))
    const second = await pushNew(scene, name, ['--if-match', first])
    const late = await scene.ibuild(['push', '--if-match', first, name])
    t.is(late.code, 1)
    t.regex(late.stderr, new RegExp(`the tag 1 is ${second}, and should be ${first}`))
    const none = await scene.ibuild(['push', '--if-match', first, 'busybox', `${scene.host}/team/app:none`])
    t.regex(none.stderr, /the tag none is not there, and should be sha256/)
  })

  on(`${kind}: a copy does the same`, async (t) => {
    const scene = await makeScene(t, kind)
    const [from, to] = [`${scene.host}/team/app:1`, `${scene.host}/team/copy:1`]
    const first = await pushNew(scene, from)
    await scene.ok(['copy', '--if-new', from, to])
    t.regex((await scene.ibuild(['copy', '--if-new', from, to])).stderr, /\[TAG_CHANGED\]/)
    await pushNew(scene, from)
    await scene.ok(['copy', '--if-match', first, from, to])
    t.regex((await scene.ibuild(['copy', '--if-match', first, from, to])).stderr, /\[TAG_CHANGED\]/)
    const [a, b] = await Promise.all(
      ['app', 'copy'].map((name) => fetchBytes(`http://${scene.host}/v2/team/${name}/manifests/1`)),
    )
    t.true(a?.equals(b ?? Buffer.alloc(0)))
  })

  on(
    `${kind}: ${kind === 'ibuild' ? 'our registry knows conditions' : 'who knows no conditions is warned of'}`,
    async (t) => {
      const scene = await makeScene(t, kind)
      const push = await scene.ok(['push', '--if-new', 'busybox', `${scene.host}/team/app:1`])
      const isWarned = /warning: the registry does not say that it knows conditions/.test(push.stderr)
      t.is(isWarned, kind !== 'ibuild', push.stderr)
    },
  )
}

needs(test, ...needsOf('ibuild'))('of pushes of one tag at once, one wins', async (t) => {
  const scene = await makeScene(t, 'ibuild')
  const name = `${scene.host}/team/app:1`
  for (const n of [1, 2, 3]) {
    const context = scene.write(`race-${n}`, { Dockerfile: 'FROM scratch\nCOPY a /\n', a: String(n) })
    await scene.ok(['-t', `race:${n}`, context])
  }
  const pushes = await Promise.all([1, 2, 3].map((n) => scene.ibuild(['push', '--if-new', `race:${n}`, name])))
  t.deepEqual(
    pushes.map(({ code }) => code).toSorted((a, b) => a - b),
    [0, 1, 1],
  )
  for (const { code, stderr } of pushes) if (code !== 0) t.regex(stderr, /\[TAG_CHANGED\]/)
})

needs(test, ...needsOf('ibuild'))('who adds to one index at once takes nothing away from each other', async (t) => {
  const scene = await makeScene(t, 'ibuild')
  const name = `${scene.host}/team/multi`
  const tar = (await scene.ok(['export', 'busybox'])).bytes
  const platforms = ['amd64', 'arm64', 'ppc64le', 's390x']
  for (const each of platforms) {
    await scene.ok(['import', '--platform', `linux/${each}`, '-', `${name}:${each}`], { input: tar })
    await scene.ok(['push', '-q', `${name}:${each}`])
  }
  await scene.ok(['index', 'create', `${name}:1`, `${name}:amd64`])
  await Promise.all(platforms.slice(1).map((each) => scene.ok(['index', 'add', `${name}:1`, `${name}:${each}`])))
  const index = JSON.parse((await fetchBytes(`http://${scene.host}/v2/team/multi/manifests/1`)).toString()) as {
    readonly manifests: readonly { readonly platform: { readonly architecture: string } }[]
  }
  t.deepEqual(index.manifests.map(({ platform }) => platform.architecture).toSorted(), platforms)
})

for (const [args, problem] of [
  [['--if-new', '--if-match', `sha256:${'0'.repeat(64)}`, 'busybox', 'localhost:1/a'], /contradict each other/],
  [['--if-match', 'latest', 'busybox', 'localhost:1/a'], /DIGEST_INVALID/],
  [['--if-new', '--all-tags', 'localhost:1/a'], /about one tag/],
] as const) {
  needs(test, 'busybox')(`wrong usage: push ${args.join(' ').slice(0, 60)}`, async (t) => {
    const scene = await makeScene(t, 'ibuild')
    const { code, stderr } = await scene.ibuild(['push', ...args])
    t.is(code, 2)
    t.regex(stderr, problem)
  })
}
