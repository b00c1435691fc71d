import { planWorkdir } from '../copy/workdir.ts'
import type { WorkdirStep } from '../plan/types.ts'
import { commitLayer } from './commit-layer.ts'
import { readMembers } from './copy-step.ts'
import type { ExecutedLayer } from './cut-off.ts'
import type { LayerChain } from './layer-chain.ts'
import type { Solver } from './solver.ts'
import { resolveUser } from './user.ts'

export interface WorkdirPlace {
  readonly step: WorkdirStep
  readonly chain: LayerChain
  /** An earlier step with the same result may stand for this one. */
  readonly mayReuse: boolean
}

/** Makes the directory of a WORKDIR, its missing parents too, owned by the user of the moment; an empty layer when it is there. */
export async function executeWorkdir(solver: Solver, { step, chain, mayReuse }: WorkdirPlace): Promise<ExecutedLayer> {
  const target = solver.layers.view(chain)
  const { user } = await resolveUser(step.user, { view: () => target, location: step.location })
  const givenTime = solver.nowNs()
  const members = planWorkdir({
    path: step.workdir,
    target,
    uid: user.uid,
    gid: step.user === '' ? undefined : user.gid,
    mtime: givenTime,
    location: step.location,
  })
  return commitLayer(solver, { chain, members: readMembers(members), givenTime, mayReuse })
}
