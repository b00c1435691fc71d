import { randomBytes } from 'node:crypto'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { makeScene } from './scene.ts'

/** IBUILD_TEST_LAYER_MIB=1024 makes a long run of it. */
const layerMiB = Number(process.env['IBUILD_TEST_LAYER_MIB'] ?? 96)
const noiseMiB = 24
const mostMiB = 256
const probe = "process.on('exit', () => require('node:fs').writeSync(2, `peak ${process.resourceUsage().maxRSS}\\n`))\n"

needs(
  test.serial,
  'root',
  'busybox',
  'docker-registry',
)(`pushing, pulling and copying five layers of ${layerMiB} MiB takes at most ${mostMiB} MiB of memory`, async (t) => {
  t.timeout(900_000)
  const scene = await makeScene(t)
  const lines = [1, 2, 3, 4, 5].map((i) => `COPY --chmod=60${i} large /\n`)
  const context = scene.write('c', { Dockerfile: `FROM scratch\n${lines.join('')}` })
  scene.write('', { 'probe.cjs': probe })
  writeFileSync(join(context, 'large'), randomBytes(noiseMiB * 2 ** 20))
  truncateSync(join(context, 'large'), layerMiB * 2 ** 20)
  const name = `${scene.host}/large:1`
  await scene.ok(['-q', '-t', name, context])
  const NODE_OPTIONS = `--require ${join(scene.folder, 'probe.cjs')}`
  const peakOf = async (args: readonly string[], env: object = {}): Promise<number> => {
    const { stderr } = await scene.ok(args, { env: { NODE_OPTIONS, ...env }, timeout: 600_000 })
    return Math.round(Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024)
  }
  const peaks = {
    push: await peakOf(['push', name]),
    pull: await peakOf(['pull', name], scene.other),
    copy: await peakOf(['copy', name, `${scene.host}/copied:1`]),
    zstd: await peakOf(['push', '--compression', 'zstd', name]),
  }
  t.log(peaks)
  for (const [what, peak] of Object.entries(peaks)) t.true(peak <= mostMiB, `${what}: ${peak} MiB`)
})
