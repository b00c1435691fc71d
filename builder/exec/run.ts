import fs from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import { awaitEnd } from './await-end.ts'
import { type Bundle, makeBundle, type Surroundings } from './bundle.ts'
import { newCgroupPath, removeCgroup } from './cgroups.ts'
import type { Host } from './host.ts'
import type { Network, Networks } from './networks.ts'
import { watchOom } from './oom-watch.ts'
import { type Output, openOutput } from './output.ts'
import { hiddenFromRuntime, runtimeCommand, type Tools } from './runtime-command.ts'
import { runtimeFailure } from './runtime-log.ts'
import type { Ending, Started, Starter } from './starter.ts'
import type { RunRequest, RunResult } from './types.ts'

/** What is the same for all runs of an executor. */
export interface RunContext {
  readonly host: Host
  readonly tools: Tools
  readonly starter: Starter
  readonly networks: Networks
  readonly seccomp: Pick<Surroundings, 'seccomp' | 'annotations'>
}

/** Runs one request to its end; see `Executor.run`. */
export async function runContainer(request: RunRequest, context: RunContext): Promise<RunResult> {
  throwIfCancelled(request.signal)
  const network = await context.networks.acquire(request.network)
  const cgroup = newCgroupPath()
  try {
    return await runInNetwork(request, context, { network, cgroup })
  } finally {
    await removeCgroup(context.host.cgroups, cgroup)
    network.release()
  }
}

interface Place {
  readonly network: Network
  readonly cgroup: string
}

async function runInNetwork(request: RunRequest, context: RunContext, place: Place): Promise<RunResult> {
  const { host } = context
  using oom = watchOom(host, place.cgroup, request.limits.memory)
  const bundle = makeBundle(request, {
    ...context.seccomp,
    network: place.network.namespace,
    nameServer: place.network.nameServer,
    cgroup: host.cgroups === 'none' ? undefined : oom.cgroup,
    cgroupNamespace: host.cgroupNamespaces,
    swapLimit: host.swapLimit,
    openFiles: host.openFiles,
  })
  const output = openOutput(request.onOutput)
  const started = await startRuntime({ request, bundle, output, network: place.network }, context)
  const ending = await awaitEnd(started, { layout: host.cgroups, path: place.cgroup }, request.signal)
  await output.drained
  throwIfCancelled(request.signal)
  const exitCode = exitCodeOf(ending, bundle)
  return { exitCode, oomKilled: oom.killed(exitCode) }
}

const startHint =
  'RUN needs CAP_SYS_ADMIN, and a data folder on a filesystem that overlayfs can write to, such as ext4.'

interface Run {
  readonly request: RunRequest
  readonly bundle: Bundle
  readonly output: Output
  readonly network: Network
}

async function startRuntime(run: Run, { host, tools, starter }: RunContext): Promise<Started> {
  const { request, bundle, output, network } = run
  try {
    return await starter.start({
      overlay: { lowers: bundle.lowers, upper: request.upper, work: bundle.work, target: bundle.rootfs },
      unmount: hiddenFromRuntime(tools, host),
      network: network.enter,
      command: runtimeCommand(bundle, tools, host),
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      stdin: request.stdin,
      stdout: output.stdout,
      stderr: output.stderr,
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new IbuildError('RUNTIME_FAILED', `cannot start a container: ${reason}`, { cause: error, hint: startHint })
  } finally {
    output.handedOver()
  }
}

function exitCodeOf(ending: Ending, bundle: Bundle): number {
  if (ending.code === 0) return 0
  const failure = runtimeFailure(readLog(bundle.log))
  if (failure !== undefined) throw new IbuildError('RUNTIME_FAILED', failure)
  if (ending.code === null) throw new IbuildError('RUNTIME_FAILED', `the runtime was ended by ${ending.signal}`)
  return ending.code
}

function readLog(path: string): string {
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : ''
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new IbuildError('CANCELLED', 'the command was cancelled', { cause: signal.reason })
}
