/** How one command is run on a root filesystem. All paths are absolute on the host unless it says otherwise. */
export interface RunRequest {
  /** Extracted layers, the lowest (base) first; each a directory. May be empty (FROM scratch). */
  readonly lowers: readonly string[]
  /**
   * Empty directory that receives the complete diff: the overlay's upper directory. It is given the metadata of the root
   * directory below it. Nothing in it is synced: who keeps it syncs it.
   */
  readonly upper: string
  /**
   * Empty directory on the same filesystem as `upper`, for the overlay's work folder, stubs, bundle and runtime state. The
   * caller removes it afterwards, with what is in it.
   */
  readonly scratch: string
  readonly args: readonly string[]
  /** `KEY=value`, in order. */
  readonly env: readonly string[]
  /** Absolute path in the container; exists there. */
  readonly cwd: string
  readonly user: { readonly uid: number; readonly gid: number; readonly additionalGids: readonly number[] }
  readonly hostname: string
  readonly network: NetworkMode
  /** `name:ip` pairs. */
  readonly extraHosts: readonly string[]
  readonly limits: Limits
  /** Files shown read-only in the container (heredoc scripts): path in the container -> content and mode. Not in the diff. */
  readonly files: readonly { readonly path: string; readonly content: Uint8Array; readonly mode: number }[]
  /** Open descriptor that the command reads; it stays the caller's. Undefined: it reads nothing. */
  readonly stdin?: number
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  readonly signal: AbortSignal
}

/** `default` is a private network where a helper for it is installed, else the host's. */
export type NetworkMode = 'none' | 'host' | 'default'

/** Limits of a container. */
export interface Limits {
  /** Bytes. */
  readonly memory?: number
  readonly shmSize?: number
  readonly cpuQuota?: number
  readonly cpuPeriod?: number
  readonly cpuShares?: number
  readonly pids?: number
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
}

/** How a command ended. */
export interface RunResult {
  /** Exit code of the command; 128 + N when a signal ended it. */
  readonly exitCode: number
  /** True when the kernel killed a process of the container for memory. */
  readonly oomKilled: boolean
}

/** Runs commands in a real OCI runtime. */
export interface Executor {
  readonly runtime: { readonly name: string; readonly path: string; readonly version: string; readonly reason: string }
  /**
   * Runs the command to its end. A non-zero exit is a result, not an error. Errors: RUNTIME_FAILED when the container
   * could not be started, CANCELLED when `signal` aborts (then every process of the container is dead and nothing is
   * mounted).
   */
  run(request: RunRequest): Promise<RunResult>
  /**
   * Ends what stands by for the next command. To be called when no command runs any more and none will: then no process,
   * thread or open file is left.
   */
  close(): Promise<void>
}
