import { hostname } from 'node:os'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Surroundings } from './bundle.ts'
import { cgroupPath, thisOwner } from './cgroups.ts'
import { chooseRuntime } from './choose-runtime.ts'
import { detectHost, type Host } from './host.ts'
import { findTools } from './programs.ts'
import { runContainer, type Tools } from './run.ts'
import { defaultCapabilities } from './sandbox.ts'
import { type SeccompConfig, seccompConfig } from './seccomp.ts'
import { createDirectStarter, type Starter } from './starter.ts'
import { createThreadStarter } from './thread-starter.ts'
import { tryRuntime } from './try-runtime.ts'
import type { Executor, RunRequest, RunResult } from './types.ts'

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

/** Makes an executor. RUNTIME_MISSING when there is no usable runtime, RUNTIME_FAILED without root. */
export async function createExecutor(options: ExecutorOptions): Promise<Executor> {
  if (process.getuid?.() !== 0) throw new IbuildError('RUNTIME_FAILED', 'RUN needs root for now')
  const host = detectHost()
  const seccomp = seccompConfig(process.arch, defaultCapabilities)
  const setting = { host, seccomp, tools: findTools(), starter: starterFor(options), nextCgroup: cgroupCounter() }
  const { stateDir } = options
  const { about, filter } = await chooseRuntime({
    wanted: options.runtime,
    stateDir,
    hostKey: [host.bootId, hostname(), host.cgroups, digestOf(JSON.stringify(seccomp))].join(' '),
    tryRuntime: ({ name, path }) =>
      tryRuntime({ stateDir, seccomp, run: (request, filter) => runIn(setting, { name, path, filter }, request) }),
  })
  return { runtime: about, run: (request) => runIn(setting, { ...about, filter }, request) }
}

interface Setting {
  readonly host: Host
  readonly seccomp: SeccompConfig
  readonly tools: Omit<Tools, 'runtime'>
  readonly starter: Starter
  readonly nextCgroup: () => string
}

function starterFor(options: ExecutorOptions): Starter {
  return options.ownProcess === true ? createDirectStarter() : createThreadStarter()
}

function cgroupCounter(): () => string {
  const owner = thisOwner()
  let number = 0
  return () => cgroupPath(owner, ++number)
}

interface Runtime {
  readonly name: string
  readonly path: string
  readonly filter: string | undefined
}

function runIn(setting: Setting, runtime: Runtime, request: RunRequest): Promise<RunResult> {
  const { host, tools, starter, nextCgroup } = setting
  return runContainer(request, {
    host,
    starter,
    tools: { ...tools, runtime },
    surroundings: {
      network: { kind: request.network === 'none' ? 'new' : 'host' },
      nameServer: undefined,
      cgroup: host.cgroups === 'none' ? undefined : nextCgroup(),
      cgroupNamespace: host.cgroupNamespaces,
      swapLimit: host.swapLimit,
      ...filterIn(setting.seccomp, runtime.filter),
    },
  })
}

/** crun takes a compiled filter by this annotation in place of a profile. */
function filterIn(seccomp: SeccompConfig, filter: string | undefined): Pick<Surroundings, 'seccomp' | 'annotations'> {
  return filter === undefined
    ? { seccomp, annotations: {} }
    : { seccomp: undefined, annotations: { 'run.oci.seccomp_bpf_data': filter } }
}
