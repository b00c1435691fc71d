import fs from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import { type Bundle, makeBundle, type Surroundings } from './bundle.ts'
import { removeCgroup, signalCgroup } from './cgroups.ts'
import { cgroupRoot, type Host } from './host.ts'
import { type Output, openOutput } from './output.ts'
import { runtimeFailure } from './runtime-log.ts'
import type { Ending, Started, Starter } from './starter.ts'
import type { RunRequest, RunResult } from './types.ts'

/** The programs that run a container; each with its first arguments. */
export interface Tools {
  readonly runtime: { readonly name: string; readonly path: string }
  /** Ends the runtime when the thread that started it ends: `setpriv --pdeathsig KILL`; empty where it is missing. */
  readonly deathSignal: readonly string[]
  /** Shows the runtime the processes of its own pid namespace: `unshare --mount-proc`. */
  readonly ownProc: readonly string[]
}

export interface RunContext {
  readonly host: Host
  readonly tools: Tools
  readonly starter: Starter
  readonly surroundings: Surroundings
}

/** Milliseconds that a cancelled container has to end by itself. */
const grace = 500

/** Runs one request to its end; see `Executor.run`. */
export async function runContainer(request: RunRequest, context: RunContext): Promise<RunResult> {
  if (request.signal.aborted) throw cancelled(request.signal)
  const bundle = makeBundle(request, context.surroundings)
  const output = openOutput(request.onOutput)
  const started = await startRuntime({ request, bundle, output }, context)
  const ending = await endOf(started, request.signal, context)
  await output.drained
  return resultOf(ending, { request, bundle }, context)
}

interface Run {
  readonly request: RunRequest
  readonly bundle: Bundle
  readonly output: Output
}

async function startRuntime({ request, bundle, output }: Run, context: RunContext): Promise<Started> {
  try {
    return await context.starter.start({
      overlay: { lowers: bundle.lowers, upper: request.upper, work: bundle.work, target: bundle.rootfs },
      unmount: hiddenFrom(context),
      command: commandOf(bundle, context.tools),
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      stdout: output.stdout,
      stderr: output.stderr,
    })
  } catch (error) {
    throw new IbuildError('RUNTIME_FAILED', `cannot start a container: ${messageOf(error)}`, { cause: error })
  } finally {
    output.handedOver()
  }
}

/** crun refuses a host where controllers are in v1 trees and a v2 tree lies beside them, unless it does not see that one. */
function hiddenFrom({ host, tools }: RunContext): string[] {
  return host.cgroups === 'hybrid' && tools.runtime.name === 'crun' ? [`${cgroupRoot}/unified`] : []
}

function commandOf(bundle: Bundle, { runtime, deathSignal, ownProc }: Tools): [string, ...string[]] {
  const log = runtime.name === 'crun' ? `file:${bundle.log}` : bundle.log
  const globals = ['--root', bundle.state, '--log', log, '--log-format', 'json']
  const [program, ...rest] = [
    ...deathSignal,
    ...ownProc,
    runtime.path,
    ...globals,
    'run',
    '--bundle',
    bundle.folder,
    'run',
  ]
  return [program ?? runtime.path, ...rest]
}

async function endOf(started: Started, signal: AbortSignal, { host, surroundings }: RunContext): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined
  const cancel = (): void => {
    if (surroundings.cgroup !== undefined) signalCgroup(host.cgroups, surroundings.cgroup, 'SIGTERM')
    kill(started.pid, 'SIGTERM')
    timer = setTimeout(() => kill(started.pid, 'SIGKILL'), grace)
  }
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  try {
    return await started.ended
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it ended in this moment
  }
}

async function resultOf(ending: Ending, run: Omit<Run, 'output'>, context: RunContext): Promise<RunResult> {
  const { request, bundle } = run
  if (ending.code === 0 && !request.signal.aborted) return { exitCode: 0, oomKilled: false }
  const { host, surroundings } = context
  if (surroundings.cgroup !== undefined) await removeCgroup(host.cgroups, surroundings.cgroup)
  if (request.signal.aborted) throw cancelled(request.signal)
  const failure = runtimeFailure(readLog(bundle.log))
  if (failure !== undefined) throw new IbuildError('RUNTIME_FAILED', failure)
  if (ending.code === null) throw new IbuildError('RUNTIME_FAILED', `the runtime was ended by ${ending.signal}`)
  return { exitCode: ending.code, oomKilled: false }
}

function readLog(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return '' // the runtime did not get as far
  }
}

function cancelled(signal: AbortSignal): IbuildError {
  return new IbuildError('CANCELLED', 'the command was cancelled', { cause: signal.reason })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
