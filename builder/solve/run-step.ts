import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { located } from '../copy/located.ts'
import type { RunRequest } from '../exec/types.ts'
import type { RunStep } from '../plan/types.ts'
import type { LayerChain } from './layer-chain.ts'
import { createOutputTail } from './output-tail.ts'
import { isDiskFull, runFailed } from './run-failure.ts'
import type { Solver } from './solver.ts'
import { startError } from './start-error.ts'
import { commitUpper, scanUpper } from './upper-layer.ts'
import { resolveUser, withHome } from './user.ts'

export interface RunPlace {
  readonly step: RunStep
  readonly chain: LayerChain
  readonly number: number
}

/** Runs the command on the layers below; what it changed becomes a layer that stays as a folder. */
export async function executeRun(solver: Solver, place: RunPlace): Promise<Digest> {
  return solver.runSlot(async () => {
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
      const [upper, scratch] = [makeFolder(folder.dir, 'fs'), makeFolder(folder.dir, 'run')]
      const tail = createOutputTail()
      const onOutput: RunRequest['onOutput'] = (stream, bytes) => {
        tail.add(bytes)
        solver.emit({ type: 'step-output', step: place.number, stream, bytes })
      }
      const asked = requestOf(solver, place)
      const request = { ...asked, env: withHome(asked.env, home), lowers, user, upper, scratch, onOutput }
      const result = await executor.run(request).catch((error: unknown) => {
        throw startError(step, error)
      })
      if (result.exitCode !== 0) throw runFailed(step, result, { lines: tail.lines(), diskFull: isDiskFull(upper) })
      const left = { dir: upper, chain }
      return await commitUpper(left, await scanUpper(left, solver), solver.store)
    } finally {
      solver.later(async () => folder.release())
    }
  })
}

function makeFolder(parent: string, name: string): string {
  const folder = join(parent, name)
  mkdirSync(folder, { mode: 0o755 })
  return folder
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
