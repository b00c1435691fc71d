import { writeFile } from 'node:fs/promises'
import { build } from '../../builder/build.ts'
import type { BuildResult } from '../../builder/build-types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseArguments } from '../cli/arguments.ts'
import { withSquashValue } from '../cli/build/layer-flags.ts'
import { type BuildFlags, buildParser } from '../cli/build-flags.ts'
import { toBuildOptions } from '../cli/build-options.ts'
import { dataFolder } from '../cli/data-folder.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { createProgress, type Progress } from '../progress/create-progress.ts'

/** `ibuild build`: prints the image ID on stdout, progress on stderr. */
export async function run(argv: readonly string[]): Promise<number> {
  const { words, options: flags } = parseArguments<BuildFlags>(buildParser(), withSquashValue(argv))
  const [context, ...extra] = words
  if (context === undefined || extra.length > 0)
    throw new IbuildError('USAGE', 'ibuild build takes exactly one context')
  const progress = await createProgress(progressKind(flags), process.stderr)
  const interrupt = onInterrupt()
  try {
    const options = await toBuildOptions(context, flags, dataFolder(flags.root))
    const result = await build({ ...options, ownProcess: true, emit: progress.emit, signal: interrupt.signal })
    progress.close()
    await report(result, { flags, progress })
    return 0
  } catch (error) {
    if (!progress.finish({ error })) throw error
    const { exitCodeOf } = await import('../cli/report-error.ts')
    return exitCodeOf(error)
  } finally {
    progress.close()
    interrupt.release()
  }
}

/** --quiet, --progress, IBUILD_PROGRESS: the first that says something. */
function progressKind({ quiet, progress }: BuildFlags): string {
  return quiet === true ? 'quiet' : (progress ?? (process.env['IBUILD_PROGRESS'] || 'auto'))
}

interface Report {
  readonly flags: BuildFlags
  readonly progress: Progress
}

async function report(result: BuildResult, { flags: { iidfile, quiet }, progress }: Report): Promise<void> {
  if (iidfile !== undefined) await writeFile(iidfile, result.imageID)
  const isTold = progress.finish({ result })
  if (result.wroteToStdout) return
  process.stdout.write(`${result.imageID}\n`)
  if (quiet !== true && !isTold) for (const name of result.tags) process.stderr.write(`tagged ${name}\n`)
}
