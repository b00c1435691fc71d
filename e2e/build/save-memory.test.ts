import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'
import { ibuildScript, makeWorkspace } from '../testing/workspace.ts'

/** IBUILD_TEST_LAYER_MIB=2048 makes a long run of it. */
const layerMiB = Number(process.env['IBUILD_TEST_LAYER_MIB'] ?? 384)
const mostMiB = 256

needs(test, 'time')(
  `saving a layer of ${layerMiB} MiB takes at most ${mostMiB} MiB of memory, however it is compressed`,
  async (t) => {
    t.timeout(600_000)
    const space = await makeWorkspace(t)
    const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY zeros /\nCOPY --chmod=600 zeros /\n' })
    writeFileSync(join(context, 'zeros'), '')
    truncateSync(join(context, 'zeros'), layerMiB * 2 ** 20)
    await space.ok(['-q', '-t', 'app', context])
    for (const options of [[], ['--compression', 'gzip'], ['--compression', 'zstd', '--compression-level', '22']]) {
      const save = [ibuildScript, 'save', '--format', 'oci', '-o', '/dev/null', ...options, 'app']
      const args = ['-f', '%M', process.execPath, ...save]
      const { stderr } = await runOk(requireProgram('time'), args, { env: { IBUILD_ROOT: space.root } })
      const peak = Math.round(Number(stderr.trim()) / 1024)
      t.log(`${options.join(' ') || 'uncompressed'}: ${peak} MiB`)
      t.true(peak <= mostMiB, `${peak} MiB`)
    }
  },
)
