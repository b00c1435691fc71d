import { type ChildProcess, spawn } from 'node:child_process'
import { umount2, umountFlags } from '../../shared/sys/native.ts'
import { inNetworkNamespace } from './network-namespace.ts'
import { mountOverlay, type Overlay } from './overlay.ts'
import { inPrivateNamespace } from './private-namespace.ts'

/** A process to start with mounts of its own. Plain data: it may cross threads. */
export interface StartRequest {
  readonly overlay: Overlay
  /** Mount points that the process must not see. */
  readonly unmount: readonly string[]
  /** Program (absolute path) and arguments. */
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  /** Open descriptor of the network namespace to start it in; undefined: the caller's. */
  readonly network: number | undefined
  /** Open descriptor of its input; undefined: it has none. */
  readonly stdin: number | undefined
  /** Open descriptors for its output; like `stdin` they stay the caller's. */
  readonly stdout: number
  readonly stderr: number
}

/**
 * Starts a process that sees the overlay. The calling thread and all other processes do not; when the process has ended,
 * nothing is mounted any more. It is the first process of a pid namespace: when it ends, everything that it started does.
 */
export function startWithOverlay(request: StartRequest): ChildProcess {
  return inPrivateNamespace(() => {
    mountOverlay(request.overlay)
    for (const target of request.unmount) umount2(target, umountFlags.detach)
    return request.network === undefined ? run(request) : inNetworkNamespace(request.network, () => run(request))
  })
}

function run({ command, env, stdin, stdout, stderr }: StartRequest): ChildProcess {
  const [program, ...args] = command
  return spawn(program, args, {
    cwd: '/',
    env: { ...env },
    stdio: [stdin ?? 'ignore', stdout, stderr],
    detached: true, // Ctrl-C in a terminal is for the build to handle
  })
}
