import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { IbuildError } from '../shared/base/errors.ts'
import { mapDiskFull } from '../shared/cas/disk.ts'
import { canRun, describeForeign, hostPlatform, type Platform } from '../shared/oci/platform.ts'
import { checkKeep, type Keep, type Kept, keepUpper } from './container/keep-upper.ts'
import { createExecutor } from './exec/create-executor.ts'
import { startFailure } from './exec/start-failure.ts'
import type { Executor, Limits, NetworkMode, RunRequest, RunResult } from './exec/types.ts'
import { resolveWorkdir } from './plan/apply-steps.ts'
import { formatEnvironment, parseEnvironment } from './plan/stage-state.ts'
import { createLayerAccess } from './solve/layer-access.ts'
import { chainOf } from './solve/layer-chain.ts'
import { resolveUser, withHome } from './solve/user.ts'
import type { Store, StoredImage } from './store/types.ts'

export interface RunImageOptions {
  readonly image: StoredImage
  /** Words after the image: they replace CMD. */
  readonly args: readonly string[]
  /** Replaces ENTRYPOINT, and drops the image's CMD. */
  readonly entrypoint?: string
  readonly env: readonly string[]
  readonly user?: string
  readonly workdir?: string
  readonly network: NetworkMode
  readonly hostname: string
  readonly limits: Limits
  readonly runtime?: string
  /** As in `BuildOptions`. */
  readonly ownProcess?: boolean
  /** As in `RunRequest`. */
  readonly stdin?: number | undefined
  readonly onOutput: RunRequest['onOutput']
  readonly onNotice: (message: string) => void
  readonly signal: AbortSignal
  /** What becomes of the files that the command writes; without it they are thrown away. */
  readonly keep?: Keep
}

export interface RunImageResult extends RunResult {
  /** When something was to be kept. */
  readonly kept?: Kept
}

/**
 * Runs a command in an image, in the sandbox of a RUN step. Errors: those of `Executor.run`, USAGE, and with `keep`
 * CONTAINER_EXISTS and LAYER_LIMIT; then nothing is kept.
 */
export async function runImage(store: Store, options: RunImageOptions): Promise<RunImageResult> {
  const lock = await store.lockShared({ signal: options.signal })
  const folder = await store.temp('run')
  try {
    return await mapDiskFull(() => runIn(folder.dir, store, options))
  } finally {
    await folder.release()
    lock.release()
  }
}

async function runIn(folder: string, store: Store, options: RunImageOptions): Promise<RunImageResult> {
  if (options.keep !== undefined) checkKeep(store, options.keep, options.image)
  const executor = await createExecutor({
    stateDir: join(store.root, 'runtime'),
    onNotice: options.onNotice,
    ownProcess: options.ownProcess === true,
    ...(options.runtime !== undefined && { runtime: options.runtime }),
  })
  try {
    return await runWith(executor, { folder, store }, options)
  } finally {
    await executor.close()
  }
}

interface RunPlace {
  readonly folder: string
  readonly store: Store
}

async function runWith(
  executor: Executor,
  { folder, store }: RunPlace,
  options: RunImageOptions,
): Promise<RunImageResult> {
  const { image, keep, signal } = options
  const host = hostPlatform()
  if (!canRun(host, image.config)) options.onNotice(`warning: ${describeForeign(host, image.config)}`)
  const layers = createLayerAccess(store, signal)
  const chain = chainOf(image.config.rootfs.diff_ids)
  const { user, home } = await resolveUser(options.user ?? settingsOf(options).User ?? '', {
    view: () => layers.view(chain),
  })
  const [upper, scratch] = [join(folder, 'fs'), join(folder, 'run')]
  mkdirSync(upper, { mode: 0o755 })
  mkdirSync(scratch)
  const asked = requestOf(options)
  const lowers = await layers.lowers(chain)
  const request = { ...asked, env: withHome(asked.env, home), lowers, upper, scratch, user }
  const result = await executor.run(request).catch((error: unknown) => {
    throw startError(error, asked.args, image.config)
  })
  if (keep === undefined) return result
  const ended = { image, command: asked.args, exitCode: result.exitCode, upper: { dir: upper, chain } }
  return { ...result, kept: await keepUpper(store, { ended, keep, layers, signal }) }
}

/** The same error, with a hint when it was the command itself that could not be started. */
function startError(error: unknown, [program = '']: readonly string[], platform: Platform): unknown {
  const failure = startFailure(error, { program, platform })
  if (failure === undefined || !(error instanceof IbuildError)) return error
  const message = `the command ${failure.what}: ${error.message}`
  return new IbuildError('RUNTIME_FAILED', message, { hint: failure.hint, cause: error })
}

function settingsOf({ image }: RunImageOptions) {
  return image.config.config ?? {}
}

function requestOf(options: RunImageOptions): Omit<RunRequest, 'lowers' | 'upper' | 'scratch' | 'user'> {
  const settings = settingsOf(options)
  const env = parseEnvironment([...(settings.Env ?? []), ...options.env])
  return {
    args: commandOf(options),
    env: formatEnvironment(env),
    cwd: resolveWorkdir(settings.WorkingDir || '/', options.workdir ?? '.'),
    hostname: options.hostname,
    network: options.network,
    extraHosts: [],
    limits: options.limits,
    files: [],
    ...(options.stdin !== undefined && { stdin: options.stdin }),
    onOutput: options.onOutput,
    signal: options.signal,
  }
}

function commandOf(options: RunImageOptions): string[] {
  const { Entrypoint = [], Cmd = [] } = settingsOf(options)
  const { entrypoint, args } = options
  const first = entrypoint === undefined ? Entrypoint : [entrypoint].filter((word) => word !== '')
  const rest = args.length > 0 || entrypoint !== undefined ? args : Cmd
  const command = [...first, ...rest]
  if (command.length > 0) return command
  throw new IbuildError('USAGE', 'the image has no CMD or ENTRYPOINT', { hint: 'Give the command after the image.' })
}
