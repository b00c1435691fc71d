import type { Keep, Kept } from '../../builder/container/keep-upper.ts'
import { startFailureCode } from '../../builder/exec/start-failure.ts'
import { runImage } from '../../builder/run-image.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { fullName, shortName } from '../../shared/base/reference.ts'
import { collect, createParser, HelpShown, parseArguments } from '../cli/arguments.ts'
import { parseNetwork } from '../cli/build/run-flags.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'
import { describeError } from '../cli/report-error.ts'
import { parseSize } from '../cli/sizes.ts'
import { trustChoiceOf } from '../cli/verify/lazy-verifier.ts'
import { checkLocalImage } from '../cli/verify/local-image.ts'
import type { VerifyFlags } from '../cli/verify/trust-choice.ts'
import { declareVerifyFlags } from '../cli/verify/verify-flags.ts'

interface Flags extends VerifyFlags {
  readonly root?: string
  readonly env?: string[]
  readonly user?: string
  readonly workdir?: string
  readonly entrypoint?: string
  readonly network: string
  readonly hostname: string
  readonly memory?: string
  readonly runtime?: string
  readonly interactive?: boolean
  readonly commit?: string
  readonly keep?: string
  readonly change?: string[]
  readonly message?: string
  readonly author?: string
  readonly iidfile?: string
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
  const keep = keepOf(flags)
  const trust = trustChoiceOf(flags)
  const store = storeOf(flags)
  const interrupt = onInterrupt()
  try {
    const image = imageOf(store, word)
    await checkLocalImage(store, { image, text: word }, { trust, signal: interrupt.signal })
    const { exitCode, oomKilled, kept } = await runImage(store, {
      image,
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
      ...(flags.interactive === true && { stdin: 0 }),
      onOutput: (stream, bytes) => process[stream].write(bytes),
      onNotice: notice,
      ...(keep !== undefined && { keep }),
      signal: interrupt.signal,
    })
    if (oomKilled) notice('ibuild: the kernel killed a process of the container for memory')
    if (kept !== undefined) notice(describeKept(kept, { flags, exitCode }))
    if (flags.iidfile !== undefined && kept?.image !== undefined) await writeID(flags.iidfile, kept.image.imageID)
    return exitCode
  } finally {
    interrupt.release()
  }
}

function runParser() {
  const parser = createParser(
    'run',
    'Run a command in an image; what it writes is thrown away unless --commit or --keep is given',
  )
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
    .option('-i, --interactive', 'let the command read from stdin')
    .option('--commit <name>', 'when the command ends with exit code 0, make an image of what it wrote')
    .option('--keep <name>', 'keep what the command wrote as a container, for ibuild diff, commit and export')
    .option('--change <instruction>', 'with --commit: Dockerfile instruction for the config (repeat)', collect)
    .option('--message <text>', 'with --commit: comment of the history entry')
    .option('--author <text>', 'with --commit: author of the image')
    .option('--iidfile <path>', "with --commit: write the image ID to this file; stdout is the command's")
    .passThroughOptions()
  return declareVerifyFlags(parser)
}

/** What the flags say of the files that the command writes. Errors: USAGE, REFERENCE_INVALID. */
function keepOf({ commit, keep, change, message, author, iidfile }: Flags): Keep | undefined {
  if (commit !== undefined && keep !== undefined) {
    throw new IbuildError('USAGE', '--commit and --keep exclude each other', {
      hint: 'Give --keep, then make the image with ibuild commit.',
    })
  }
  if (commit === undefined && (change ?? message ?? author ?? iidfile) !== undefined)
    throw new IbuildError('USAGE', '--change, --message, --author and --iidfile belong to --commit')
  if (keep !== undefined) return { kind: 'container', name: keep }
  if (commit === undefined) return undefined
  const named = { name: fullName(commit), changes: change ?? [], message, author }
  return { kind: 'image', commit: { ...named, now: () => new Date(), onNotice: notice } }
}

interface Ended {
  readonly flags: Flags
  readonly exitCode: number
}

/** The ID of an image is a notice here: stdout belongs to the command. */
function describeKept({ image, container, changed }: Kept, { flags: { commit = '' }, exitCode }: Ended): string {
  if (image !== undefined) {
    const committed = `committed as ${shortName(fullName(commit))}: ${image.imageID}`
    return changed ? committed : `ibuild: nothing changed, so there is no new layer\n${committed}`
  }
  if (container !== undefined) return `kept as ${container.name}${changed ? '' : ' (nothing changed)'}`
  return `ibuild: nothing was committed, because the command ended with exit code ${exitCode}`
}

async function writeID(file: string, imageID: string): Promise<void> {
  const { writeFile } = await import('../../builder/export/write-file.ts')
  await writeFile(file, Buffer.from(imageID))
}

function notice(message: string): void {
  process.stderr.write(`${message}\n`)
}

function environmentLine(text: string): string[] {
  if (text.includes('=')) return [text]
  const value = process.env[text]
  return value === undefined ? [] : [`${text}=${value}`]
}

function exitOf(error: unknown): number {
  if (isIbuildError(error, 'CANCELLED')) return cancelledExit
  return isIbuildError(error) ? (startFailureCode(error.cause) ?? failedExit) : failedExit
}
