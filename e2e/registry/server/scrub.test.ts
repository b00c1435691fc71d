import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { app, layerOf, makeStore, type Store } from '../../../registry/fsck/testing/store.ts'
import { type RunOutput, run } from '../../testing/run.ts'
import { startServe } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'

function scrub(root: string, ...args: string[]): Promise<RunOutput> {
  return run(process.execPath, [ibuildScript, 'registry', 'scrub', '--root', root, ...args])
}

function storeFor(t: ExecutionContext): Promise<Store> {
  return makeStore(join(temporaryFolder(t), 'data'))
}

test('a server reads all again when it is asked to, and tells what it found', async (t) => {
  const { root, file } = await storeFor(t)
  const layer = file(layerOf(app))
  writeFileSync(layer, 'x'.repeat(statSync(layer).size))
  await using server = await startServe(root)
  const before = await scrub(root, 'status')
  t.regex(before.stdout, /^rate: +8\.39MB a second\nnow: +waits\nlast pass: none\n$/, before.stdout + before.stderr)
  t.is((await scrub(root, 'run')).code, 0)
  for (const end = Date.now() + 20_000; ; await sleep(100)) {
    const { last } = JSON.parse((await scrub(root, 'status', '--json')).stdout) as { last: { corrupt: number } | null }
    if (last === null && Date.now() < end) continue
    t.is(last?.corrupt, 1)
    break
  }
  const { stdout } = await scrub(root, 'status')
  t.regex(stdout, /\nlast pass: 13 blobs, .*, 1 corrupt, 0 missing, begun \S+Z, ended \S+Z\n$/)
  const metrics = await (await fetch(`http://${server.host}/metrics`)).text()
  t.regex(metrics, /^ibuild_registry_scrub_corrupt_total 1$/m)
  t.regex(metrics, /^ibuild_registry_scrubbed_bytes_total \d{3,}$/m)
  t.regex(metrics, /^ibuild_registry_scrub_last_pass_timestamp_seconds 1\d{9}/m)
  t.regex(server.log(), /a blob is corrupt on the disk/)
})

test('without a server, with a rate of 0, and with words that make no sense', async (t) => {
  const { root } = await storeFor(t)
  const none = await scrub(root, 'status')
  t.is(none.code, 1)
  t.regex(none.stderr, /no server runs.*\[SERVER_FAILED\]\nhint: ibuild registry fsck --deep/)
  const wrong = await scrub(root, 'go')
  t.is(wrong.code, 2)
  await using _server = await startServe(root, { env: { IBUILD_REGISTRY_SCRUB_RATE: '0' } })
  const refused = await scrub(root, 'run')
  t.is(refused.code, 1)
  t.regex(refused.stderr, /scrub\.rate: 0/)
  t.regex((await scrub(root, 'status')).stdout, /never/)
})
