import { join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import type { Platform } from '../../shared/oci/platform.ts'
import { located } from '../copy/located.ts'
import type { RunRequest } from '../exec/types.ts'
import type { RunStep } from '../plan/types.ts'
import { type ExecutedLayer, settleDiff } from './cut-off.ts'
import type { LayerChain } from './layer-chain.ts'
import { createOutputTail } from './output-tail.ts'
import { isDiskFull, runFailed } from './run-failure.ts'
import type { Solver } from './solver.ts'
import { startError } from './start-error.ts'
import { makeTimedFolder } from './timed-folder.ts'
import { commitUpper, scanUpper } from './upper-layer.ts'
import { resolveUser, withHome } from './user.ts'

export interface RunPlace {
  readonly step: RunStep
  readonly chain: LayerChain
  readonly number: number
  /** What the image of the stage is for. */
  readonly platform: Platform
  /** An earlier run with the same result may stand for this one. */
  readonly mayReuse: boolean
}

/**
 * Runs the command on the layers below; what it changed becomes a layer that stays as a folder, unless an earlier run left
 * the same.
 */
export async function executeRun(solver: Solver, place: RunPlace): Promise<ExecutedLayer> {
  const { step, chain } = place
  const [executor, lowers] = await Promise.all([
    solver.executor(),
    located(step.location, () => solver.layers.lowers(chain)),
  ])
  const { user, home } = await resolveUser(step.user, {
    view: () => solver.layers.view(chain),
    location: step.location,
  })
  const folder = await solver.store.temp('run')
  try {
    const [upper, scratch] = [join(folder.dir, 'fs'), join(folder.dir, 'run')]
    makeTimedFolder(scratch)
    const from = makeTimedFolder(upper)
    const tail = createOutputTail()
    const onOutput: RunRequest['onOutput'] = (stream, bytes) => {
      tail.add(bytes)
      solver.emit({ type: 'step-output', step: place.number, stream, bytes })
    }
    const asked = requestOf(solver, place)
    const request = { ...asked, env: withHome(asked.env, home), lowers, user, upper, scratch, onOutput }
    const result = await executor.run(request).catch((error: unknown) => {
      throw startError(place, error)
    })
    if (result.exitCode !== 0) throw runFailed(step, result, { lines: tail.lines(), diskFull: isDiskFull(upper) })
    const to = makeTimedFolder(join(folder.dir, 'end'))
    const left = { dir: upper, chain }
    const scanned = await scanUpper(left, solver)
    const commit = async (): Promise<Digest> => commitUpper(left, scanned, solver.store)
    const { mayReuse } = place
    return await settleDiff(solver, { chain, entries: scanned.entries, own: { from, to }, mayReuse, commit })
  } finally {
    solver.later(async () => folder.release())
  }
}

function requestOf(
  solver: Solver,
  { step }: RunPlace,
): Omit<RunRequest, 'lowers' | 'user' | 'upper' | 'scratch' | 'onOutput'> {
  const { script } = step
  return {
    args: step.args,
    env: [...step.env, ...step.proxyEnv],
    cwd: step.workdir,
    hostname: step.hostname,
    network: step.network,
    extraHosts: solver.extraHosts,
    limits: solver.limits,
    files: script === undefined ? [] : [{ path: script.path, content: Buffer.from(script.content), mode: 0o755 }],
    signal: solver.signal,
  }
}
