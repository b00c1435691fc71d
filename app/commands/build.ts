import { writeFile } from 'node:fs/promises'
import { build } from '../../builder/build.ts'
import type { BuildResult } from '../../builder/build-types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type Command, collect, createParser, parseArguments } from '../cli/arguments.ts'
import type { BuildFlags } from '../cli/build-flags.ts'
import { toBuildOptions } from '../cli/build-options.ts'
import { dataFolder } from '../cli/data-folder.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { createProgress } from '../progress/create-progress.ts'

function buildParser(): Command {
  return createParser('build', 'Build an image from a Dockerfile')
    .argument('<context>', 'folder with the files to build from, or - to read a Dockerfile or a tar from stdin')
    .option('-t, --tag <name>', 'name of the image (repeat for several)', collect)
    .option('-f, --file <path>', 'Dockerfile (default: Dockerfile in the context), - for stdin')
    .option('--target <stage>', 'stage to build')
    .option(
      '--build-arg <key=value>',
      'value of an ARG; without a value it comes from the environment (repeat)',
      collect,
    )
    .option('--label <key=value>', 'label of the image (repeat)', collect)
    .option(
      '-o, --output <spec>',
      'type=oci|docker|local|tar,dest=PATH, beside or instead of the store (repeat)',
      collect,
    )
    .option('--no-cache', 'run every step again')
    .option('--no-cache-filter <stages>', 'run every step of these stages again (repeat, or with commas)', collect)
    .option('--network <mode>', 'network of RUN steps: default, none or host', 'default')
    .option('--add-host <name:ip>', 'line in /etc/hosts of RUN steps (repeat)', collect)
    .option('--runtime <name>', 'runc, crun or a path (default: crun where it works, else runc)')
    .option('-m, --memory <bytes>', 'memory limit of a RUN step, for example 512m')
    .option('--shm-size <bytes>', 'size of /dev/shm in RUN steps')
    .option('--cpu-quota <microseconds>', 'CPU time of a RUN step in each period')
    .option('--cpu-period <microseconds>', 'length of a CPU period')
    .option('--cpu-shares <weight>', 'relative CPU weight of RUN steps')
    .option('--ulimit <name=soft[:hard]>', 'resource limit of RUN steps (repeat)', collect)
    .option('--progress <kind>', 'auto, tty, plain or quiet', 'auto')
    .option('-q, --quiet', 'print the image ID only')
    .option('--iidfile <path>', 'write the image ID to this file')
}

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
