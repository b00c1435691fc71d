import { startFailureCode } from '../../builder/exec/start-failure.ts'
import { runImage } from '../../builder/run-image.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { collect, createParser, HelpShown, parseArguments } from '../cli/arguments.ts'
import { parseNetwork } from '../cli/build/run-flags.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'
import { describeError } from '../cli/report-error.ts'
import { parseSize } from '../cli/sizes.ts'

interface Flags {
  readonly root?: string
  readonly env?: string[]
  readonly user?: string
  readonly workdir?: string
  readonly entrypoint?: string
  readonly network: string
  readonly hostname: string
  readonly memory?: string
  readonly runtime?: string
}

/** Exit code of `docker run` when something other than the command failed. */
const failedExit = 125
/** 128 + SIGINT. */
const cancelledExit = 130

/** `ibuild run IMAGE [COMMAND...]`: the exit code is the command's own; 125 to 127 as docker has them. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    return await runOnce(argv)
  } catch (error) {
    if (error instanceof HelpShown) throw error
    process.stderr.write(describeError(error))
    return exitOf(error)
  }
}

async function runOnce(argv: readonly string[]): Promise<number> {
  const { words, options: flags } = parseArguments<Flags>(runParser(), argv)
  const [word, ...args] = words
  if (word === undefined) throw new IbuildError('USAGE', 'ibuild run needs an image')
  const store = storeOf(flags)
  const interrupt = onInterrupt()
  try {
    const { exitCode, oomKilled } = await runImage(store, {
      image: imageOf(store, word),
      args,
      ownProcess: true,
      env: (flags.env ?? []).flatMap(environmentLine),
      network: parseNetwork(flags.network),
      hostname: flags.hostname,
      limits: flags.memory === undefined ? {} : { memory: parseSize(flags.memory, '--memory') },
      ...(flags.entrypoint !== undefined && { entrypoint: flags.entrypoint }),
      ...(flags.user !== undefined && { user: flags.user }),
      ...(flags.workdir !== undefined && { workdir: flags.workdir }),
      ...(flags.runtime !== undefined && { runtime: flags.runtime }),
      onOutput: (stream, bytes) => process[stream].write(bytes),
      onNotice: (message) => process.stderr.write(`${message}\n`),
      signal: interrupt.signal,
    })
    if (oomKilled) process.stderr.write('ibuild: the kernel killed a process of the container for memory\n')
    return exitCode
  } finally {
    interrupt.release()
  }
}

function runParser() {
  return createParser('run', 'Run a command in an image; what it writes is thrown away')
    .argument('<image>')
    .argument('[command...]')
    .option('-e, --env <key=value>', 'environment variable; without a value it is passed on (repeat)', collect)
    .option('-u, --user <user>', 'user[:group], by name or number')
    .option('-w, --workdir <path>', 'working directory')
    .option('--entrypoint <program>', "replace the image's ENTRYPOINT")
    .option('--network <mode>', 'default, none or host', 'default')
    .option('--hostname <name>', 'host name in the container', 'ibuild')
    .option('-m, --memory <bytes>', 'memory limit, for example 512m')
    .option('--runtime <name>', 'runc, crun or a path')
    .passThroughOptions()
}

function environmentLine(text: string): string[] {
  if (text.includes('=')) return [text]
  const value = process.env[text]
  return value === undefined ? [] : [`${text}=${value}`]
}

function exitOf(error: unknown): number {
  return isIbuildError(error, 'CANCELLED') ? cancelledExit : (startFailureCode(error) ?? failedExit)
}
