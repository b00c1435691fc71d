import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { extractLayer } from '../../builder/layers/extract.ts'
import { extractTree } from '../../builder/layers/extract-tree.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { type Described, describeDirectory, describeView } from './describe.ts'
import { type MadeStack, makeStack } from './stack-maker.ts'

const stacks = Number(process.env['IBUILD_STACKS'] ?? 30)
const firstSeed = Number(process.env['IBUILD_SEED'] ?? 5001)
const rooted = needs(test, 'root')

async function makeStacks(
  t: ExecutionContext,
): Promise<readonly (MadeStack & { readonly dir: string; readonly seed: number })[]> {
  const made: (MadeStack & { readonly dir: string; readonly seed: number })[] = []
  const folder = temporaryFolder(t)
  for (let seed = firstSeed; seed < firstSeed + stacks; seed++) {
    const dir = join(folder, `${seed}`)
    mkdirSync(dir)
    const options = { layers: 4, members: 14, attributes: true, beyondDockerd: true }
    made.push({ ...(await makeStack(seed, dir, options)), dir, seed })
  }
  return made
}

rooted('a tree extracted from the view of random layer stacks is what the view tells', async (t) => {
  for (const { view, dir, seed } of await makeStacks(t)) {
    mkdirSync(join(dir, 'tree'))
    t.deepEqual(await extractTree(view, join(dir, 'tree')), { owners: 0, devices: [] })
    t.deepEqual(describeDirectory(join(dir, 'tree')), await describeView(view), `stack ${seed}`)
  }
})

rooted('layers extracted one by one and mounted as an overlay are what the view tells', async (t) => {
  const made = await makeStacks(t)
  const requests: { lowers: string[]; scratch: string }[] = []
  for (const { view, dir } of made) {
    const lowers = view.layers.map((_, i) => join(dir, `lower-${i}`))
    for (const [i, target] of lowers.entries()) {
      mkdirSync(target)
      const layer = view.layers[i]
      if (layer !== undefined) await extractLayer({ layer, below: view.below(i), target })
    }
    requests.push({ lowers, scratch: dir })
  }
  const mounted = await describeMounted(temporaryFolder(t), requests)
  for (const [i, { view, seed }] of made.entries()) {
    const wanted = await describeView(view)
    t.deepEqual(mounted[i]?.entries, wanted.entries, `stack ${seed}`)
    const across = wanted.groups.filter((group) => !mounted[i]?.groups.includes(group))
    t.true(
      across.every((group) => crossesLayers(view, group)),
      `stack ${seed}: ${across.join('; ')}`,
    )
  }
})

/** Hardlinks into a lower layer are copies in an overlay: only those of one layer stay one file. */
function crossesLayers(view: MadeStack['view'], group: string): boolean {
  const layers = group
    .split(' ')
    .map((path) => view.layers.findLastIndex((_, i) => view.placed(i).lookup(path) !== undefined))
  return new Set(layers).size > 1
}

async function describeMounted(dir: string, requests: readonly unknown[]): Promise<readonly Described[]> {
  const [input, output] = [join(dir, 'request'), join(dir, 'result')]
  writeFileSync(input, JSON.stringify(requests))
  const script = join(import.meta.dirname, 'describe-overlay.ts')
  await runOk('unshare', ['--mount', process.execPath, script, input, output])
  const described: readonly Described[] = JSON.parse(readFileSync(output, 'utf8'))
  return described
}
