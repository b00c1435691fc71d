import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** With all documents or records in memory at once a command takes more than twice as much. */
const mostMiB = 190
const probe = "process.on('exit', () => require('node:fs').writeSync(2, `peak ${process.resourceUsage().maxRSS}\\n`))\n"

async function bounded(t: ExecutionContext, space: Workspace, args: readonly string[]): Promise<void> {
  space.write('', { 'probe.cjs': probe })
  const env = { NODE_OPTIONS: `--require ${join(space.folder, 'probe.cjs')}` }
  const { stderr } = await space.ok(args, { env, timeout: 120_000 })
  const peak = Math.round(Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024)
  t.log(`${args.join(' ')}: ${peak} MiB`)
  t.true(peak <= mostMiB, `${args.join(' ')}: ${peak} MiB`)
}

/** An image without layers and with a long config. */
function documents(number: number): [manifest: Buffer, config: Buffer] {
  const Env = Array.from({ length: 8000 }, (_, i) => `VARIABLE_${i}=${number} has a value of some length for ${i}`)
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Env }, rootfs: { type: 'layers', diff_ids: [] } }),
  )
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const descriptor = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.length,
  }
  return [Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] })), config]
}

test('a store of many images and records is listed, measured and pruned in little memory', async (t) => {
  t.timeout(300_000)
  const space = await makeWorkspace(t)
  const store = openStore(space.root)
  for (let i = 0; i < 250; i++) await store.images.put(...documents(i))
  for (let i = 0; i < 20_000; i++) {
    const parts = Array.from({ length: 16 }, (_, part) => ({ name: `part ${part}`, value: `${i} ${'x'.repeat(300)}` }))
    await store.records.put(digestOf(`${i}`), { version: 1, step: `RUN ${i}`, parts, created: i })
  }
  for (const command of ['images', 'du', 'du -v --json', 'prune --dry-run', 'prune --all --json']) {
    await bounded(t, space, command.split(' '))
  }
})
