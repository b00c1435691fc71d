import type { BuildEvent } from '../../builder/solve/events.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { createProgress } from '../progress/create-progress.ts'
import type { Command } from './arguments.ts'
import { onInterrupt } from './interrupt.ts'
import { declareRegistryFlags, openRegistryClient, type RegistryFlags } from './registry-client.ts'
import { parseCount } from './sizes.ts'

/** Flags of every command that moves images. */
export interface TransferFlags extends RegistryFlags {
  readonly progress?: string
  readonly quiet?: boolean
  readonly parallel?: string
}

/** Declares {@link TransferFlags}. `usual` is how many blobs move at a time unless told otherwise. */
export function declareTransferFlags(parser: Command, { quiet, usual }: { quiet: string; usual: number }): Command {
  return declareRegistryFlags(parser)
    .option('--parallel <count>', `how many blobs move at a time (default: ${usual})`)
    .option('--progress <kind>', 'auto, tty, plain, rawjson or quiet (default: IBUILD_PROGRESS, else auto)')
    .option('-q, --quiet', quiet)
}

/** How many at a time `--parallel` allows. Errors: USAGE. */
export function parallelOf({ parallel }: TransferFlags): number | undefined {
  if (parallel === undefined) return undefined
  const count = parseCount(parallel, '--parallel')
  if (count >= 1 && count <= mostParallel) return count
  throw new IbuildError('USAGE', `--parallel: ${count} is not from 1 to ${mostParallel}`)
}

const mostParallel = 64

export interface TransferScope {
  readonly client: RegistryClient
  readonly signal: AbortSignal
  readonly emit: (event: BuildEvent) => void
}

/** What a command prints at its end: lines on stdout, or the members of the last line of `rawjson`. */
export interface TransferResult {
  readonly lines: readonly string[]
  readonly result: Readonly<Record<string, unknown>>
}

/** Does the work of a command with progress on stderr, and gives the exit code. Ctrl-C stops it. */
export async function carryOutTransfer(
  flags: TransferFlags,
  work: (scope: TransferScope) => Promise<TransferResult>,
): Promise<number> {
  const progress = await createProgress(progressKind(flags), process.stderr)
  const interrupt = onInterrupt()
  const client = await openRegistryClient(flags, (message) => progress.emit({ type: 'notice', message }))
  try {
    const { signal } = interrupt
    const done = await cancellable(signal, async () => work({ client, signal, emit: progress.emit }))
    progress.close()
    progress.finish({ done: done.result })
    for (const line of done.lines) process.stdout.write(`${line}\n`)
    return 0
  } catch (error) {
    progress.close()
    if (!progress.finish({ error })) throw error
    const { exitCodeOf } = await import('./report-error.ts')
    return exitCodeOf(error)
  } finally {
    interrupt.release()
    await client.close()
  }
}

/** --quiet, --progress, IBUILD_PROGRESS: the first that says something. */
function progressKind({ quiet, progress }: TransferFlags): string {
  return quiet === true ? 'quiet' : (progress ?? (process.env['IBUILD_PROGRESS'] || 'auto'))
}
