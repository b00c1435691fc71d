import type { ScrubPass, ScrubStatus } from '../../../registry/scrub/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { factLines } from '../fact-lines.ts'
import { jsonText } from '../json-text.ts'
import { formatSize } from '../sizes.ts'
import { writeLines } from '../write-lines.ts'
import { isoSeconds } from './time-text.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly json?: boolean
}

const help = `
A running server reads all blobs and manifests again, slowly and in the background, and sets aside
what has another digest than its own: scrub.rate and scrub.every of the configuration say how fast
and how often. \`run\` begins a pass now; to wait for the result, use ibuild registry fsck --deep.`

/** `ibuild registry scrub status|run` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry scrub', 'Show how far a server is in reading all again, or begin')
    .argument('<what>', 'status to ask, or run to begin now')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [wanted = ''] = words
  if (!['status', 'run'].includes(wanted)) {
    throw new IbuildError('USAGE', `scrub: ${JSON.stringify(wanted)} is neither status nor run`)
  }
  const status = await useAdmin(flags, (admin) => (wanted === 'run' ? admin.beginScrub() : admin.scrub()))
  await writeLines(flags.json === true ? [jsonText(status)] : linesOf(status))
  return 0
}

function linesOf({ isRunning, settings, pass, last }: ScrubStatus): string[] {
  const rate = settings.rate === 0 ? 'never: scrub.rate is 0' : `${formatSize(settings.rate)} a second`
  return factLines([
    ['rate', rate],
    ['now', pass === null ? (isRunning ? 'begins' : 'waits') : describe(pass)],
    ['last pass', last === null ? 'none' : `${describe(last)}, ended ${isoSeconds(last.endedAt)}`],
  ])
}

function describe({ startedAt, blobs, bytes, corrupt, missing }: ScrubPass): string {
  const found = `${corrupt} corrupt, ${missing} missing`
  return `${blobs} blobs, ${formatSize(bytes)}, ${found}, begun ${isoSeconds(startedAt)}`
}
