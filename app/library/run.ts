import type { Limits, NetworkMode, RunResult } from '../../builder/exec/types.ts'
import { findImage } from '../../builder/find-image.ts'
import { guarded } from '../../builder/listeners.ts'
import { openStore } from '../../builder/store/open.ts'
import type { AbortOptions, ImageOptions } from './options.ts'

/** What `runImage` runs, and how. */
export interface RunOptions extends ImageOptions, AbortOptions {
  /** Replaces CMD. */
  readonly args?: readonly string[]
  /** Replaces ENTRYPOINT, and drops the image's CMD. */
  readonly entrypoint?: string
  /** `KEY=value`, added to the environment of the image. Nothing is taken from this process. */
  readonly env?: readonly string[]
  /** `user[:group]`, by name or number. */
  readonly user?: string
  readonly workdir?: string
  /** A private network where there is a helper for it, else the host's, unless told otherwise. */
  readonly network?: NetworkMode
  readonly hostname?: string
  readonly limits?: Limits
  /** `runc`, `crun` or a path. */
  readonly runtime?: string
  /** Gets what the command writes, as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  /** Gets what a person may want to know. */
  readonly onNotice?: (message: string) => void
}

/**
 * Runs a command in an image, in the sandbox of a RUN step; what it writes is thrown away. A non-zero exit code is a result.
 * When the signal aborts, every process of the container is dead before this rejects. Errors: `IMAGE_NOT_FOUND`,
 * `RUNTIME_MISSING`, `RUNTIME_FAILED`, `USER_UNKNOWN`, `USAGE`, `CANCELLED`.
 */
export async function runImage(options: RunOptions): Promise<RunResult> {
  const { root, image, args = [], env = [], network = 'default', hostname = 'ibuild', limits = {} } = options
  return guarded(options.signal, async ({ signal, listen }) => {
    const builder = await import('../../builder/run-image.ts')
    const store = openStore(root)
    return builder.runImage(store, {
      image: findImage(store, image),
      args,
      env,
      network,
      hostname,
      limits,
      signal,
      onOutput: listen(options.onOutput),
      onNotice: listen(options.onNotice),
      ...(options.entrypoint !== undefined && { entrypoint: options.entrypoint }),
      ...(options.user !== undefined && { user: options.user }),
      ...(options.workdir !== undefined && { workdir: options.workdir }),
      ...(options.runtime !== undefined && { runtime: options.runtime }),
    })
  })
}
