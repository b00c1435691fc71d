import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Buildkitd } from '../testing/buildkitd.ts'
import type { BaseImages } from './base.ts'
import { type Case, needsReason } from './cases.ts'
import { compareImages, type Difference } from './compare.ts'
import { makeContext } from './context.ts'
import { flattenLayout } from './flatten.ts'
import { type Outcome, runBuildkit } from './run-buildkit.ts'
import { runOurs } from './run-ours.ts'

/** Where cases are run: an empty folder, the peer, our data folder with the base images in it. */
export interface Bench {
  readonly directory: string
  readonly daemon: Buildkitd
  readonly base: BaseImages
  readonly root: string
}

/** Both sides of one case: what each did, and how the images differ when both built. */
export interface CaseRun {
  readonly ours: Outcome
  readonly buildkit: Outcome
  readonly differences: readonly Difference[]
}

/** Builds a case with both builders from one context and compares the images. Leaves nothing in the folder. */
export async function runCase(one: Case, order: number, bench: Bench): Promise<CaseRun> {
  const at = (name: string): string => join(bench.directory, `${order}-${name}`)
  const context = at('context')
  const started = Date.now() - 2000 // BuildKit cuts times to seconds, kernels tell them late
  try {
    await makeContext(one, context, order)
    const buildkit = await runBuildkit({ one, context, result: at('buildkit') }, bench.daemon, bench.base)
    const ours = await runOurs({ one, context, result: at('ours') }, bench.root)
    return { ours, buildkit, differences: await differences([ours, buildkit], started, !needsReason(one)) }
  } finally {
    for (const name of ['context', 'buildkit', 'ours']) rmSync(at(name), { recursive: true, force: true })
  }
}

type Both = readonly [ours: Outcome, buildkit: Outcome]

async function differences([ours, buildkit]: Both, started: number, history: boolean): Promise<Difference[]> {
  if ('refused' in ours || 'refused' in buildkit) return []
  const images = [await flattenLayout(ours.layout), await flattenLayout(buildkit.layout)] as const
  return compareImages(...images, { started, history })
}
