import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../../testing/needs.ts'
import { type SlowProxy, startSlowProxy } from '../../testing/slow-proxy.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { digestIn, makeScene, type Scene } from './scene.ts'

const peer = ['root', 'busybox', 'docker-registry'] as const

interface SlowScene extends Scene {
  readonly proxy: SlowProxy
}

/** An image of three layers of noise, 300 kB each on the way, above 1 MB of busybox, and a slow way to the registry. */
async function slowScene(t: ExecutionContext): Promise<SlowScene> {
  const scene = await makeScene(t)
  const files = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, randomBytes(300_000).toString('hex')]))
  const lines = Object.keys(files).map((name) => `COPY ${name} /${name}\n`)
  await scene.ok(['-q', '-t', 'noise', scene.write('c', { Dockerfile: `FROM busybox\n${lines.join('')}`, ...files })])
  const proxy = await startSlowProxy(scene.host, { wait: 30 })
  t.teardown(() => proxy.close())
  return { ...scene, proxy }
}

/** Runs the command until so many bytes moved, and then ends it with a signal; gives its exit code or signal. */
async function cut(
  args: readonly string[],
  { root, when, signal }: { root: string; when: () => boolean; signal: NodeJS.Signals },
): Promise<number | string | null> {
  const child = spawn(process.execPath, [ibuildScript, ...args], {
    env: { ...process.env, IBUILD_ROOT: root },
    stdio: 'ignore',
  })
  const ended = new Promise<number | string | null>((resolve) => child.on('exit', (code, by) => resolve(by ?? code)))
  for (let i = 0; i < 3000 && !when() && child.exitCode === null; i++) await sleep(10)
  child.kill(signal)
  return ended
}

/** What processes leave in the store while they work: their folders in `tmp`, once the next has opened it. */
function remains(root: string): string[] {
  return readdirSync(join(root, 'tmp'))
}

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  needs(test.serial, ...peer)(`a pull that ${signal} ends leaves nothing half, and the next one goes on`, async (t) => {
    const { host, proxy, other, ...scene } = await slowScene(t)
    await scene.ok(['push', '-q', 'noise', `${host}/noise:1`])
    const root = other.IBUILD_ROOT
    const args = ['pull', '--parallel', '1', `${proxy.host}/noise:1`]
    const ended = await cut(args, { root, signal, when: () => proxy.moved.down > 1_250_000 })
    t.is(ended, signal === 'SIGKILL' ? 'SIGKILL' : 1)
    t.is((await scene.ok(['images', '-q'], { env: other })).stdout, '')
    t.deepEqual(remains(root), [])
    const pulled = await scene.ok(['pull', `${host}/noise:1`], { env: other })
    t.regex(pulled.stderr, /already exists/)
    t.regex(pulled.stderr, /pulled/)
    const tars = await Promise.all([
      scene.ok(['export', 'noise']),
      scene.ok(['export', `${host}/noise:1`], { env: other }),
    ])
    t.true(tars[0]?.bytes.equals(tars[1]?.bytes ?? Buffer.alloc(0)))
  })

  needs(test.serial, ...peer)(
    `a push that ${signal} ends leaves no name, and the next one sends the rest`,
    async (t) => {
      const { host, proxy, root, ...scene } = await slowScene(t)
      const args = ['push', '--parallel', '1', 'noise', `${proxy.host}/noise:1`]
      const ended = await cut(args, { root, signal, when: () => proxy.moved.up > 1_250_000 })
      t.is(ended, signal === 'SIGKILL' ? 'SIGKILL' : 1)
      const answer = await fetch(`http://${host}/v2/noise/manifests/1`)
      t.is(answer.status, 404)
      const pushed = await scene.ok(['push', 'noise', `${proxy.host}/noise:1`])
      t.regex(pushed.stderr, /already exists/)
      t.deepEqual(remains(root), [])
      const pulled = await scene.ok(['pull', `${host}/noise:1`], { env: scene.other })
      t.is(digestIn(pulled.stdout), digestIn(pushed.stdout))
    },
  )
}

needs(test.serial, ...peer)('two pulls at once of one image fetch each layer once', async (t) => {
  const { host, proxy, other, ...scene } = await slowScene(t)
  await scene.ok(['push', '-q', 'noise', `${host}/noise:1`])
  const pulls = await Promise.all([1, 2].map(async () => scene.ok(['pull', `${proxy.host}/noise:1`], { env: other })))
  t.is(new Set(pulls.map(({ stdout }) => digestIn(stdout))).size, 1)
  const fetched = pulls.flatMap(({ stderr }) => stderr.match(/^\w{12}: pulled/gm) ?? [])
  t.is(fetched.length, 4)
  t.is(new Set(fetched).size, 4)
})

needs(test.serial, ...peer)('two pushes at once of one image, and of two to one name, both succeed', async (t) => {
  const { host, proxy, ...scene } = await slowScene(t)
  const same = await Promise.all([1, 2].map(async () => scene.ok(['push', 'noise', `${proxy.host}/same:1`])))
  t.is(new Set(same.map(({ stdout }) => digestIn(stdout))).size, 1)
  const sources = ['noise', 'busybox']
  const raced = await Promise.all(sources.map(async (name) => scene.ok(['push', name, `${host}/raced:1`])))
  const pulled = await scene.ok(['pull', `${host}/raced:1`], { env: scene.other })
  t.true(raced.map(({ stdout }) => digestIn(stdout)).includes(digestIn(pulled.stdout)))
})
