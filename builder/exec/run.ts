import { IbuildError } from '../../shared/base/errors.ts'
import { awaitEnd } from './await-end.ts'
import { type Bundle, makeBundle, type Surroundings } from './bundle.ts'
import { networkFile } from './bundle-folder.ts'
import { newCgroupPath, removeCgroup } from './cgroups.ts'
import type { Host } from './host.ts'
import type { Network, Networks } from './networks.ts'
import { watchOom } from './oom-watch.ts'
import type { Reserve } from './reserve.ts'
import { runtimeFailure } from './runtime-log.ts'
import { createRuntimeVoice } from './runtime-voice.ts'
import type { Ending, Started } from './starter.ts'
import type { RunRequest, RunResult } from './types.ts'

/** What is the same for all runs of an executor. */
export interface RunContext {
  readonly host: Host
  /** Path of the folder that the runtime is started with. */
  readonly bundleDir: string
  readonly reserve: Reserve
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
  const { host, bundleDir } = context
  const { network } = place
  using oom = watchOom(host, place.cgroup, request.limits.memory)
  const bundle = makeBundle(request, {
    ...context.seccomp,
    bundleDir,
    network: network.enter === undefined ? network.namespace : { path: `${bundleDir}/${networkFile}` },
    nameServer: network.nameServer,
    cgroup: host.cgroups === 'none' ? undefined : oom.cgroup,
    cgroupNamespace: host.cgroupNamespaces,
    swapLimit: host.swapLimit,
    openFiles: host.openFiles,
  })
  const voice = createRuntimeVoice(request.onOutput)
  const asked = { ...request, onOutput: voice.onOutput }
  const { started, drained } = await startRuntime(asked, context, { bundle, network })
  setImmediate(() => context.reserve.refill()) // the container needs a while now
  const ending = await awaitEnd(started, { layout: host.cgroups, path: place.cgroup }, request.signal)
  await drained
  throwIfCancelled(request.signal)
  const exitCode = exitCodeOf(ending, voice.execFailure(request.args[0] ?? ''))
  voice.release()
  return { exitCode, oomKilled: oom.killed(exitCode) }
}

const startHint =
  'RUN needs CAP_SYS_ADMIN, and a data folder on a filesystem that overlayfs can write to, such as ext4.'

interface Furniture {
  readonly bundle: Bundle
  readonly network: Network
}

interface Running {
  readonly started: Started
  /** Resolves when all output was passed on. */
  readonly drained: Promise<void>
}

async function startRuntime(request: RunRequest, { reserve }: RunContext, furniture: Furniture): Promise<Running> {
  const { bundle, network } = furniture
  try {
    const { prepared, output } = await reserve.take(request.stdin)
    const drained = output.read(request.onOutput)
    const { lowers, work, files } = bundle
    const overlay = { lowers, upper: request.upper, work }
    return { started: await prepared.start({ overlay, files, network: network.enter }), drained }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new IbuildError('RUNTIME_FAILED', `cannot start a container: ${reason}`, { cause: error, hint: startHint })
  }
}

function exitCodeOf(ending: Ending, execFailure: string | undefined): number {
  if (ending.code === 0) return 0
  const failure = runtimeFailure(ending.log) ?? execFailure
  if (failure !== undefined) throw new IbuildError('RUNTIME_FAILED', failure)
  if (ending.code === null) throw new IbuildError('RUNTIME_FAILED', `the runtime was ended by ${ending.signal}`)
  return ending.code
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new IbuildError('CANCELLED', 'the command was cancelled', { cause: signal.reason })
}
