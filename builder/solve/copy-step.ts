import { join } from 'node:path'
import { layOut } from '../copy/lay-out.ts'
import { selectSources } from '../copy/select-sources.ts'
import type { CopyMember, CopySelection, SelectRequest } from '../copy/types.ts'
import type { LayerMember } from '../layers/layer-writer.ts'
import type { CopyStep } from '../plan/types.ts'
import { commitLayer } from './commit-layer.ts'
import type { ExecutedLayer } from './cut-off.ts'
import { chainOf, type LayerChain } from './layer-chain.ts'
import type { Solver } from './solver.ts'
import type { StageScope } from './stage-scope.ts'

/** Finds and hashes what a COPY or ADD takes; waits for the stage that it comes from. */
export async function selectCopy(scope: StageScope, step: CopyStep): Promise<CopySelection> {
  return selectSources({ ...(await sourceOf(scope, step)), ...wordsOf(step) })
}

type SourceFields = 'source' | 'sourceIsImage' | 'describeIgnored'

async function sourceOf(
  { solver, solved }: StageScope,
  { from }: CopyStep,
): Promise<Pick<SelectRequest, SourceFields>> {
  switch (from.kind) {
    case 'context': {
      const { context } = solver
      return { source: context, sourceIsImage: false, describeIgnored: (path) => context.describeIgnored(path) }
    }
    case 'stage':
      return { source: solver.layers.view((await solved(from.stage)).chain), sourceIsImage: true }
    case 'image':
      return { source: solver.layers.view(chainOf(from.image.diffIDs)), sourceIsImage: true }
  }
}

function wordsOf(step: CopyStep): Omit<SelectRequest, SourceFields> {
  const { instruction, sources, inlineFiles, destination, workdir, chown, chmod, unpack, location } = step
  return { kind: instruction, sources, inlineFiles, destination, workdir, chown, chmod, unpack, location }
}

export interface CopyPlace {
  readonly chain: LayerChain
  readonly selection: CopySelection
  /** An earlier step with the same result may stand for this one. */
  readonly mayReuse: boolean
}

/** Writes the layer of a COPY or ADD straight from its sources. */
export async function executeCopy(solver: Solver, { chain, selection, mayReuse }: CopyPlace): Promise<ExecutedLayer> {
  const givenTime = solver.nowNs()
  const folder = await solver.store.temp('copy')
  try {
    const plan = await layOut(selection, {
      target: solver.layers.view(chain),
      mtime: givenTime,
      temporary: join(folder.dir, 'unpacked'),
    })
    try {
      return await commitLayer(solver, { chain, members: readMembers(plan.members), givenTime, mayReuse })
    } finally {
      plan.close()
    }
  } finally {
    await folder.release()
  }
}

/** Contents are opened one after the other, when the writer comes to them. */
export function* readMembers(members: Iterable<CopyMember>): Generator<LayerMember> {
  for (const { entry, content } of members) {
    if (content === undefined) yield { entry }
    else yield { entry, content: typeof content === 'function' ? content() : content }
  }
}
