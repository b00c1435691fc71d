import { checkOptions } from '../../builder/check-options.ts'
import type { Keep, Kept } from '../../builder/container/keep-upper.ts'
import type { Limits, NetworkMode, RunResult } from '../../builder/exec/types.ts'
import { findImage } from '../../builder/find-image.ts'
import { guarded } from '../../builder/listeners.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import type { CommitOptions } from './containers.ts'
import { detailsOf, type Image } from './image.ts'
import type { AbortOptions, ImageOptions, LayerOptions, VerifyOptions } from './options.ts'
import { wholeStore } from './whole-store.ts'

/** What `runImage` runs, and how. */
export interface RunOptions extends ImageOptions, LayerOptions, AbortOptions, VerifyOptions {
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
  /** Keeps what the command wrote, as a container of this name. */
  readonly keep?: string
  /** Makes an image of what the command wrote, when it ended with exit code 0. Not together with `keep`. */
  readonly commit?: Pick<CommitOptions, 'name' | 'changes' | 'message' | 'author'>
  /** Gets what the command writes, as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  /** Gets what a person may want to know. */
  readonly onNotice?: (message: string) => void
}

/** How a command ended, and what was kept. */
export interface ImageRunResult extends RunResult {
  /** Of `keep` and `commit`: whether the command changed any file. */
  readonly changed?: boolean
  /** The image that `commit` made. */
  readonly image?: Image
}

/**
 * Runs a command in an image, in the sandbox of a RUN step; what it writes is thrown away unless `keep` or `commit` is
 * given. A non-zero exit code is a result. When the signal aborts, every process of the container is dead before this
 * rejects. Errors: `IMAGE_NOT_FOUND`, `RUNTIME_MISSING`, `RUNTIME_FAILED`, `USER_UNKNOWN`, `USAGE`, `CANCELLED`; of what is
 * to be kept `CONTAINER_EXISTS`, `LAYER_LIMIT`, `REFERENCE_INVALID`; with a verifier `TRUST_*`.
 */
export async function runImage(options: RunOptions): Promise<ImageRunResult> {
  checkOptions('runImage', options, ['root', 'image'])
  const { image, args = [], env = [], network = 'default', hostname = 'ibuild', limits = {} } = options
  return guarded(options.signal, async ({ signal, listen }) => {
    const builder = await import('../../builder/run-image.ts')
    const store = wholeStore(options)
    const onNotice = listen(options.onNotice)
    const keep = keepOf(options, onNotice)
    const found = findImage(store, image)
    if (options.verifier !== undefined) {
      const { requireSigned } = await import('../../builder/transfer/signed-content.ts')
      await requireSigned(store, { image: found, text: image }, { verifier: options.verifier, signal })
    }
    const { kept, ...result } = await builder.runImage(store, {
      image: found,
      args,
      env,
      network,
      hostname,
      limits,
      signal,
      onOutput: listen(options.onOutput),
      onNotice,
      ...(keep !== undefined && { keep }),
      ...(options.entrypoint !== undefined && { entrypoint: options.entrypoint }),
      ...(options.user !== undefined && { user: options.user }),
      ...(options.workdir !== undefined && { workdir: options.workdir }),
      ...(options.runtime !== undefined && { runtime: options.runtime }),
    })
    return { ...result, ...(kept !== undefined && describeKept(kept)) }
  })
}

function keepOf({ keep, commit }: RunOptions, onNotice: (message: string) => void): Keep | undefined {
  if (keep !== undefined && commit !== undefined) throw new IbuildError('USAGE', 'keep and commit exclude each other')
  if (keep !== undefined) return { kind: 'container', name: keep }
  if (commit === undefined) return undefined
  const { name, changes = [], message, author } = commit
  const full = name === undefined ? undefined : fullName(name)
  return { kind: 'image', commit: { name: full, changes, message, author, now: () => new Date(), onNotice } }
}

function describeKept({ changed, image }: Kept): Pick<ImageRunResult, 'changed' | 'image'> {
  return { changed, ...(image !== undefined && { image: detailsOf(image) }) }
}
