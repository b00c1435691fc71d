import { writeFile } from 'node:fs/promises'
import { build } from '../../builder/build.ts'
import type { BuildResult } from '../../builder/build-types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseArguments } from '../cli/arguments.ts'
import { type BuildFlags, buildParser } from '../cli/build-flags.ts'
import { toBuildOptions } from '../cli/build-options.ts'
import { dataFolder } from '../cli/data-folder.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { createProgress } from '../progress/create-progress.ts'

/** `ibuild build`: prints the image ID on stdout, progress on stderr. */
export async function run(argv: readonly string[]): Promise<number> {
  const { words, options: flags } = parseArguments<BuildFlags>(buildParser(), argv)
  const [context, ...extra] = words
  if (context === undefined || extra.length > 0)
    throw new IbuildError('USAGE', 'ibuild build takes exactly one context')
  const progress = await createProgress(flags.quiet === true ? 'quiet' : flags.progress, process.stderr)
  const interrupt = onInterrupt()
  try {
    const options = await toBuildOptions(context, flags, dataFolder(flags.root))
    const result = await build({ ...options, ownProcess: true, emit: progress.emit, signal: interrupt.signal })
    progress.close()
    await report(result, flags)
    return 0
  } finally {
    progress.close()
    interrupt.release()
  }
}

async function report(result: BuildResult, { iidfile, quiet }: BuildFlags): Promise<void> {
  if (iidfile !== undefined) await writeFile(iidfile, result.imageID)
  if (result.wroteToStdout) return
  process.stdout.write(`${result.imageID}\n`)
  if (quiet !== true) for (const name of result.tags) process.stderr.write(`tagged ${name}\n`)
}
