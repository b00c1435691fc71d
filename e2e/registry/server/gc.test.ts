import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { blobPlace, registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { parseDigest } from '../../../shared/base/digest.ts'
import { type RunOutput, run } from '../../testing/run.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { pushImage, statusOf } from './client.ts'
import { startServing } from './serving.ts'

/** All that waits for anything waits for a moment only. */
const hasty = {
  IBUILD_GC_DELAY: '100ms',
  IBUILD_REGISTRY_GC_LEASE: '1s',
  IBUILD_REGISTRY_GC_UNTAGGED_KEEP: '100ms',
  IBUILD_REGISTRY_HISTORY_KEEP: '0',
}

function gc(root: string, ...args: string[]): Promise<RunOutput> {
  return run(process.execPath, [ibuildScript, 'registry', 'gc', ...args, '--root', root])
}

function isStored(root: string, digest: string): boolean {
  return existsSync(blobPlace(registryLayout(root), parseDigest(digest)).file)
}

async function untilGone(root: string, digest: string): Promise<void> {
  for (const end = Date.now() + 20_000; isStored(root, digest) && Date.now() < end; ) await sleep(50)
}

async function layerOf(url: string, name: string, tag: string): Promise<string> {
  const answer = await fetch(`${url}/v2/${name}/manifests/${tag}`)
  return ((await answer.json()) as { layers: { digest: string }[] }).layers[0]?.digest ?? ''
}

test('a tag is deleted, and its bytes go while the server serves; the rest is explained', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const { url } = await startServing(t, ['--root', root, '--listen', '127.0.0.1:0'], { env: hasty })
  const manifest = await pushImage(url, 'team/app', '1')
  await pushImage(url, 'team/app', '2')
  const [layer, other] = [await layerOf(url, 'team/app', '1'), await layerOf(url, 'team/app', '2')]
  const kept = await gc(root, 'explain', 'team/app:1')
  t.regex(kept.stdout, /^kept by: +tag 1\n/m, kept.stderr)
  t.regex(kept.stdout, /^frees: +2\.\d+kB, 37B more are shared and stay$/m)
  const blob = await gc(root, 'explain', layer)
  t.regex(blob.stdout, new RegExp(`^kept by: +tag 1 -> manifest ${manifest}$`, 'm'))
  t.is(await statusOf(`${url}/v2/team/app/manifests/1`, 'DELETE'), 202)
  await untilGone(root, layer)
  t.false(isStored(root, layer))
  t.true(isStored(root, other))
  t.is(await statusOf(`${url}/v2/team/app/blobs/${other}`), 200)
  const status = await gc(root, 'status')
  t.regex(status.stdout, /^collection: +on\n/)
  t.regex(status.stdout, /^since start: .* 1 manifests and 1 blobs removed, 2\.\d+kB freed$/m)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  t.regex(metrics, /^ibuild_registry_gc_links_total 1$/m)
  t.regex(metrics, /^ibuild_registry_gc_freed_bytes_total \d{4}$/m)
  t.regex(metrics, /^ibuild_registry_gc_held 0$/m)
  const gone = await gc(root, 'explain', 'team/app:1')
  t.is(gone.code, 1)
  t.regex(gone.stderr, /OBJECT_NOT_FOUND/)
})

test('what an earlier version stored is served at once, and collected when it is written down what refers to what', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const before = await startServing(t, ['--root', root, '--listen', '127.0.0.1:0'])
  await pushImage(before.url, 'team/app', '1')
  await pushImage(before.url, 'team/app', '2')
  const [old, kept] = [await layerOf(before.url, 'team/app', '1'), await layerOf(before.url, 'team/app', '2')]
  t.is(await statusOf(`${before.url}/v2/team/app/manifests/1`, 'DELETE'), 202)
  await before.stop()
  await takeBack(root)
  const after = await startServing(t, ['--root', root, '--listen', '127.0.0.1:0'], { env: hasty })
  t.is(await statusOf(`${after.url}/v2/team/app/manifests/2`), 200)
  await untilGone(root, old)
  t.false(isStored(root, old))
  t.true(isStored(root, kept))
  t.is(await statusOf(`${after.url}/v2/team/app/blobs/${kept}`), 200)
})

/** Makes metadata what the version before would have written. */
async function takeBack(root: string): Promise<void> {
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata })
  const rows = await metadata.list({ prefix: '', limit: 100_000 })
  const isNew = (key: string): boolean => /^(?:(?:use|refers|review|loose) |setting gc-)/.test(key)
  const remove = rows.map(({ key }) => key).filter(isNew)
  await metadata.commit({ remove, put: [{ key: 'format', value: '{"version":1}' }] })
  await metadata.close()
}

test('a server that is killed while it collects goes on when it is started again', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const args = ['--root', root, '--listen', '127.0.0.1:0']
  const before = await startServing(t, args, { env: hasty })
  const layers: string[] = []
  for (let i = 0; i < 12; i++) {
    await pushImage(before.url, 'team/app', `t${i}`)
    layers.push(await layerOf(before.url, 'team/app', `t${i}`))
  }
  for (let i = 0; i < 11; i++) await statusOf(`${before.url}/v2/team/app/manifests/t${i}`, 'DELETE')
  await untilGone(root, layers[0] ?? '')
  await before.stop('SIGKILL')
  const after = await startServing(t, args, { env: hasty })
  for (const layer of layers.slice(0, 11)) await untilGone(root, layer)
  t.deepEqual(
    layers.map((layer) => isStored(root, layer)),
    layers.map((_, i) => i === 11),
  )
  t.is(await statusOf(`${after.url}/v2/team/app/blobs/${layers[11]}`), 200)
})

test('without a server it is told what waits, and nothing is removed that clients may rely on', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const server = await startServing(t, ['--root', root, '--listen', '127.0.0.1:0'])
  await pushImage(server.url, 'team/app', '1')
  const layer = await layerOf(server.url, 'team/app', '1')
  await server.stop()
  const ran = await gc(root, 'run', '--now')
  t.is(ran.code, 1)
  t.regex(ran.stdout, /nothing more is removed now: for \d+ s more nothing is removed/)
  t.true(isStored(root, layer))
  const status = JSON.parse((await gc(root, 'status', '--json')).stdout) as { isOn: boolean; queue: { length: number } }
  t.true(status.isOn)
  t.true(status.queue.length > 0)
})

for (const [words, message] of [
  [['go'], /none of status, run and explain/],
  [['explain'], /explain: what\?/],
  [['status', 'x'], /takes no argument more/],
  [['explain', 'A B'], /names no digest and no tag/],
  [['status', '--now'], /--now goes with run only/],
] as const) {
  test(`refused: gc ${words.join(' ')}`, async (t) => {
    const root = join(temporaryFolder(t), 'data')
    const { code, stderr } = await gc(root, ...words)
    t.is(code, 2)
    t.regex(stderr, message)
  })
}
