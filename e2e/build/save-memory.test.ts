import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makeWorkspace } from '../testing/workspace.ts'

/** IBUILD_TEST_LAYER_MIB=2048 makes a long run of it. */
const layerMiB = Number(process.env['IBUILD_TEST_LAYER_MIB'] ?? 160)
const mostMiB = 256
const probe = "process.on('exit', () => require('node:fs').writeSync(2, `peak ${process.resourceUsage().maxRSS}\\n`))\n"

test(`saving layers of ${layerMiB} MiB takes at most ${mostMiB} MiB of memory, however they are compressed`, async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY zeros /\nCOPY --chmod=600 zeros /\n' })
  space.write('', { 'probe.cjs': probe })
  writeFileSync(join(context, 'zeros'), '')
  truncateSync(join(context, 'zeros'), layerMiB * 2 ** 20)
  await space.ok(['-q', '-t', 'app', context])
  const env = { NODE_OPTIONS: `--require ${join(space.folder, 'probe.cjs')}` }
  for (const options of [[], ['--compression', 'gzip'], ['--compression', 'zstd', '--compression-level', '22']]) {
    const save = ['save', '--format', 'oci', '-o', '/dev/null', ...options, 'app']
    const { stderr } = await space.ok(save, { env, timeout: 300_000 })
    const peak = Math.round(Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024)
    t.log(`${options.join(' ') || 'uncompressed'}: ${peak} MiB`)
    t.true(peak <= mostMiB, `${peak} MiB`)
  }
})
