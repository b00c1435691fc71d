import fs from 'node:fs'
import { hostname } from 'node:os'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Surroundings } from './bundle.ts'
import { chooseRuntime } from './choose-runtime.ts'
import { detectHost, type Host } from './host.ts'
import { cleanupLeftovers } from './leftovers.ts'
import { compiledForm } from './libseccomp.ts'
import { createNetworks } from './networks.ts'
import { findNetworkHelper, findProgram, findTools } from './programs.ts'
import { createReserve, type Reserve } from './reserve.ts'
import { type RunContext, runContainer } from './run.ts'
import { hiddenFromRuntime, type Runtime, runtimeCommand, type Tools } from './runtime-command.ts'
import { defaultCapabilities } from './sandbox.ts'
import { sealedCopy } from './sealed-copy.ts'
import { type SeccompConfig, seccompConfig } from './seccomp.ts'
import { type StandbyRequest, standbyProgram } from './standby.ts'
import { createDirectStarter } from './starter.ts'
import { createThreadStarter } from './thread-starter.ts'
import { tryRuntime } from './try-runtime.ts'
import type { Executor } from './types.ts'
import { wakeCgroups } from './wake-cgroups.ts'

export interface ExecutorOptions {
  /** `runc`, `crun` or an absolute path; without it the fastest that works on this host. */
  readonly runtime?: string
  /** Folder for what is remembered about this host; made when it is missing. */
  readonly stateDir: string
  /**
   * True in a process of our own, which changes neither its working directory nor its umask after this: containers are
   * then started without a thread in between.
   */
  readonly ownProcess?: boolean
  /** Told once for each thing that the user may want to know. */
  readonly onNotice?: (text: string) => void
}

/**
 * Makes an executor, and clears away what killed processes left. RUNTIME_MISSING when there is no usable runtime,
 * RUNTIME_FAILED without root.
 */
export async function createExecutor(options: ExecutorOptions): Promise<Executor> {
  if (process.getuid?.() !== 0) {
    throw new IbuildError('RUNTIME_FAILED', 'running a command needs root', {
      hint: 'Run ibuild as root; a Dockerfile without RUN builds as any user.',
    })
  }
  const { stateDir } = options
  wakeCgroups()
  await cleanupLeftovers(stateDir)
  const seccomp = seccompConfig(process.arch, defaultCapabilities)
  const { contextFor, close } = contextMaker(options, seccomp)
  try {
    const { about, filter } = await chooseRuntime({
      wanted: options.runtime,
      stateDir,
      find: findProgram,
      hostKey: hostKey(seccomp),
      tryRuntime: (runtime) =>
        tryRuntime({
          stateDir,
          seccomp,
          run: (request, filter) => runContainer(request, contextFor(runtime, filter, 0)),
        }),
    })
    const context = contextFor(about, filter, standbyTime)
    context.reserve.refill()
    return { runtime: about, run: (request) => runContainer(request, context), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What a trial's outcome depends on beside the runtime's binary. */
function hostKey(seccomp: SeccompConfig): string {
  const { bootId, cgroups } = detectHost()
  return [bootId, hostname(), cgroups, compiledForm, digestOf(JSON.stringify(seccomp))].join(' ')
}

/** For how many milliseconds a runtime stands by for the next container. */
const standbyTime = 2000

/** `keep` as for the reserve. */
type ContextFor = (runtime: Runtime, filter: string | undefined, keep: number) => RunContext

interface ContextMaker {
  readonly contextFor: ContextFor
  /** Ends what the contexts hold. */
  readonly close: () => Promise<void>
}

function contextMaker(options: ExecutorOptions, seccomp: SeccompConfig): ContextMaker {
  const reserves: Reserve[] = []
  const programs: number[] = []
  const starter = options.ownProcess === true ? createDirectStarter() : createThreadStarter()
  const onNotice = options.onNotice ?? (() => undefined)
  const [host, tools] = [detectHost(), findTools()]
  const networks = createNetworks({ helper: findNetworkHelper(tools), onNotice })
  const bundleDir = `${options.stateDir}/bundle`
  fs.mkdirSync(bundleDir, { recursive: true })
  const contextFor: ContextFor = (runtime, filter, keep) => {
    const standby = standbyRequest(bundleDir, { runtime, tools, host })
    if (standby.program !== undefined) programs.push(standby.program)
    const reserve = createReserve((streams) => starter.prepare({ ...standby, ...streams }), keep)
    reserves.push(reserve)
    return { host, bundleDir, reserve, networks, seccomp: filterIn(seccomp, filter) }
  }
  const close = async (): Promise<void> => {
    await Promise.all(reserves.splice(0).map((reserve) => reserve.close()))
    await starter.close()
    networks.close()
    for (const fd of programs.splice(0)) fs.closeSync(fd)
  }
  return { contextFor, close }
}

interface Surrounding {
  readonly runtime: Runtime
  readonly tools: Tools
  readonly host: Host
}

function standbyRequest(
  bundleDir: string,
  { runtime, tools, host }: Surrounding,
): Omit<StandbyRequest, 'stdin' | 'stdout' | 'stderr'> {
  const program = runtime.name === 'crun' ? sealedCopy(runtime.path) : undefined
  const path = program === undefined ? runtime.path : standbyProgram
  return {
    bundleDir,
    unmount: hiddenFromRuntime(runtime, host),
    wrapper: [...tools.deathSignal, ...tools.ownProc],
    command: runtimeCommand(bundleDir, { ...runtime, path }, host),
    program,
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  }
}

/** crun takes a compiled filter by this annotation in place of a profile. */
function filterIn(seccomp: SeccompConfig, filter: string | undefined): Pick<Surroundings, 'seccomp' | 'annotations'> {
  return filter === undefined
    ? { seccomp, annotations: {} }
    : { seccomp: undefined, annotations: { 'run.oci.seccomp_bpf_data': filter } }
}
