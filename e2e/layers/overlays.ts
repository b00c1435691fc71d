import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { extractLayer } from '../../builder/layers/extract.ts'
import type { RootfsView } from '../../builder/layers/view.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import type { Described } from './describe.ts'
import { type MadeStack, makeStack } from './stack-maker.ts'

export interface SeededStack extends MadeStack {
  readonly dir: string
  readonly seed: number
}

/** Random stacks, 30 unless IBUILD_STACKS says otherwise, each in a folder of its own. */
export async function makeStacks(t: ExecutionContext, seed: number, count = 30): Promise<readonly SeededStack[]> {
  const made: SeededStack[] = []
  const folder = temporaryFolder(t)
  const first = Number(process.env['IBUILD_SEED'] ?? seed)
  for (let at = first; at < first + Number(process.env['IBUILD_STACKS'] ?? count); at++) {
    const dir = join(folder, `${at}`)
    mkdirSync(dir)
    const options = { layers: 4, members: 14, attributes: true, beyondDockerd: true }
    made.push({ ...(await makeStack(at, dir, options)), dir, seed: at })
  }
  return made
}

/** Extracts each layer to a folder in `dir`; gives the folders, the base first. */
export async function extractAll(view: RootfsView, dir: string): Promise<string[]> {
  const lowers: string[] = []
  for (const [i, layer] of view.layers.entries()) {
    const target = join(dir, `lower-${i}`)
    mkdirSync(target)
    await extractLayer({ layer, below: view.below(i), target })
    lowers.push(target)
  }
  return lowers
}

export interface OverlayRequest {
  readonly lowers: readonly string[]
  /** The overlay's `upper` is made in here. */
  readonly scratch: string
  readonly changeSeed?: number
}

/** Mounts overlays in a mount namespace that ends with the call, changes them when asked, describes what they show. */
export async function describeMounted(dir: string, requests: readonly OverlayRequest[]): Promise<readonly Described[]> {
  const [input, output] = [join(dir, 'request'), join(dir, 'result')]
  writeFileSync(input, JSON.stringify(requests))
  const script = join(import.meta.dirname, 'describe-overlay.ts')
  await runOk('unshare', ['--mount', process.execPath, script, input, output])
  const described: readonly Described[] = JSON.parse(readFileSync(output, 'utf8'))
  return described
}
