import { logFile, stateFolder } from './bundle-folder.ts'
import { cgroupRoot, type Host } from './host.ts'

export interface Runtime {
  readonly name: string
  readonly path: string
}

/** The programs that run a container; each with its first arguments. */
export interface Tools {
  /** Ends the runtime when the thread that started it ends: `setpriv --pdeathsig KILL`; empty where it is missing. */
  readonly deathSignal: readonly string[]
  /** Shows the runtime the processes of its own pid namespace: `unshare --mount-proc`, in mounts that follow ours. */
  readonly ownProc: readonly string[]
}

/** The command line that runs the bundle in `bundleDir` to its end; the container's name need only be unique in its state. */
export function runtimeCommand(bundleDir: string, { name, path }: Runtime, host: Host): readonly string[] {
  const isCrun = name === 'crun'
  const log = ['--log', `${isCrun ? 'file:' : ''}${bundleDir}/${logFile}`, '--log-format', 'json']
  const cgroups = isCrun && host.cgroups === 'none' ? ['--cgroup-manager', 'disabled'] : []
  return [path, '--root', `${bundleDir}/${stateFolder}`, ...log, ...cgroups, 'run', '--bundle', bundleDir, 'container']
}

/** crun refuses a host where controllers are in v1 trees and a v2 tree lies beside them, unless it does not see that one. */
export function hiddenFromRuntime(runtime: Runtime, host: Host): readonly string[] {
  return host.cgroups === 'hybrid' && runtime.name === 'crun' ? [`${cgroupRoot}/unified`] : []
}
