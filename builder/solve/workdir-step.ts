import type { Digest } from '../../shared/base/digest.ts'
import { planWorkdir } from '../copy/workdir.ts'
import type { WorkdirStep } from '../plan/types.ts'
import { commitLayer } from './commit-layer.ts'
import { readMembers } from './copy-step.ts'
import type { LayerChain } from './layer-chain.ts'
import type { Solver } from './solver.ts'
import { resolveUser } from './user.ts'

export interface WorkdirPlace {
  readonly step: WorkdirStep
  readonly chain: LayerChain
}

/** Makes the directory of a WORKDIR, its missing parents too, owned by the user of the moment; an empty layer when it is there. */
export async function executeWorkdir(solver: Solver, { step, chain }: WorkdirPlace): Promise<Digest> {
  const target = solver.layers.view(chain)
  const { user } = await resolveUser(step.user, { view: () => target, location: step.location })
  const mtime = BigInt(solver.now().getTime()) * 1_000_000n
  return commitLayer(
    solver,
    readMembers(
      planWorkdir({
        path: step.workdir,
        target,
        uid: user.uid,
        gid: step.user === '' ? undefined : user.gid,
        mtime,
        location: step.location,
      }),
    ),
  )
}
