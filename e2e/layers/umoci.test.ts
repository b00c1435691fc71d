import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { run } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { describeDirectory, describeView } from './describe.ts'
import { writeLayout } from './layout.ts'
import { makeStack } from './stack-maker.ts'

const stacks = Number(process.env['IBUILD_STACKS'] ?? 30)
const firstSeed = Number(process.env['IBUILD_SEED'] ?? 1)

needs(
  test,
  'root',
  'umoci',
)('our view of random layer stacks is the tree that umoci unpacks', async (t) => {
  for (let seed = firstSeed; seed < firstSeed + stacks; seed++) {
    const dir = join(temporaryFolder(t), 's')
    mkdirSync(dir)
    const { layers, view } = await makeStack(seed, dir, {
      layers: 4,
      members: 14,
      attributes: true,
      beyondDockerd: true,
    })
    writeLayout(join(dir, 'oci'), layers)
    const unpacked = await run(requireProgram('umoci'), ['unpack', '--image', `${dir}/oci:t`, `${dir}/bundle`])
    t.is(unpacked.code, 0, `stack ${seed}: ${unpacked.stderr}`)
    t.deepEqual(await describeView(view), describeDirectory(join(dir, 'bundle/rootfs')), `stack ${seed}`)
  }
})
