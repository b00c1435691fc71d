import type { Bundle } from './bundle.ts'
import { cgroupRoot, type Host } from './host.ts'

/** The programs that run a container; each with its first arguments. */
export interface Tools {
  readonly runtime: { readonly name: string; readonly path: string }
  /** Ends the runtime when the thread that started it ends: `setpriv --pdeathsig KILL`; empty where it is missing. */
  readonly deathSignal: readonly string[]
  /** Shows the runtime the processes of its own pid namespace: `unshare --mount-proc`. */
  readonly ownProc: readonly string[]
}

/** The command line that runs a bundle to its end; the container's name need only be unique in the bundle's own state. */
export function runtimeCommand(bundle: Bundle, tools: Tools, host: Host): readonly [string, ...string[]] {
  const { runtime, deathSignal, ownProc } = tools
  const isCrun = runtime.name === 'crun'
  const log = ['--log', isCrun ? `file:${bundle.log}` : bundle.log, '--log-format', 'json']
  const cgroups = isCrun && host.cgroups === 'none' ? ['--cgroup-manager', 'disabled'] : []
  const run = ['run', '--bundle', bundle.folder, 'container']
  const [first, ...rest] = [...deathSignal, ...ownProc, runtime.path]
  return [first, ...rest, '--root', bundle.state, ...log, ...cgroups, ...run]
}

/** crun refuses a host where controllers are in v1 trees and a v2 tree lies beside them, unless it does not see that one. */
export function hiddenFromRuntime(tools: Tools, host: Host): readonly string[] {
  return host.cgroups === 'hybrid' && tools.runtime.name === 'crun' ? [`${cgroupRoot}/unified`] : []
}
