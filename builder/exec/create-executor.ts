import { hostname } from 'node:os'
import { IbuildError } from '../../shared/base/errors.ts'
import { cgroupPath, thisOwner } from './cgroups.ts'
import { chooseRuntime } from './choose-runtime.ts'
import { detectHost, type Host } from './host.ts'
import { findTools } from './programs.ts'
import { type RunContext, runContainer, type Tools } from './run.ts'
import { defaultCapabilities } from './sandbox.ts'
import { seccompConfig } from './seccomp.ts'
import { createDirectStarter, createThreadStarter, type Starter } from './starter.ts'
import { tryRuntime } from './try-runtime.ts'
import type { Executor, RunRequest } from './types.ts'

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

/** Makes an executor. RUNTIME_MISSING when there is no usable runtime. */
export async function createExecutor(options: ExecutorOptions): Promise<Executor> {
  if (process.getuid?.() !== 0) throw new IbuildError('RUNTIME_FAILED', 'RUN needs root for now')
  const host = detectHost()
  const setting = { host, tools: findTools(), starter: starterFor(options), nextCgroup: cgroupCounter(), options }
  const runtime = await chooseRuntime({
    wanted: options.runtime,
    stateDir: options.stateDir,
    hostKey: `${host.bootId} ${hostname()} ${host.cgroups}`,
    tryRuntime: (candidate) => tryRuntime(options.stateDir, (request) => runIn(setting, candidate, request)),
  })
  return { runtime, run: (request) => runIn(setting, runtime, request) }
}

interface Setting {
  readonly host: Host
  readonly tools: Omit<Tools, 'runtime'>
  readonly starter: Starter
  readonly nextCgroup: () => string
  readonly options: ExecutorOptions
}

function starterFor(options: ExecutorOptions): Starter {
  return options.ownProcess === true ? createDirectStarter() : createThreadStarter()
}

function cgroupCounter(): () => string {
  const owner = thisOwner()
  let number = 0
  return () => cgroupPath(owner, ++number)
}

async function runIn(setting: Setting, runtime: Tools['runtime'], request: RunRequest): ReturnType<Executor['run']> {
  const { host, tools, starter, nextCgroup } = setting
  const context: RunContext = {
    host,
    starter,
    tools: { ...tools, runtime },
    surroundings: {
      network: { kind: request.network === 'none' ? 'new' : 'host' },
      nameServer: undefined,
      cgroup: host.cgroups === 'none' ? undefined : nextCgroup(),
      cgroupNamespace: host.cgroupNamespaces,
      swapLimit: host.swapLimit,
      seccomp: seccompConfig(process.arch, defaultCapabilities),
      annotations: {},
    },
  }
  return await runContainer(request, context)
}
