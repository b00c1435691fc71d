import { checkFolder } from '../../../registry/fsck/check-folder.ts'
import { isInOrder } from '../../../registry/fsck/fsck.ts'
import type { FsckSummary } from '../../../registry/fsck/types.ts'
import { connectAdmin } from '../../../registry/server/admin/client.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { requireRegistry } from '../../../registry/storage/require-registry.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { interruptible } from '../interrupt.ts'
import { fsckProgress, fsckReport } from './fsck-report.ts'
import { parseNameOf } from './repository-name.ts'

interface Flags {
  readonly root?: string
  readonly repair?: boolean
  readonly recover?: string
  readonly deep?: boolean
  readonly json?: boolean
}

const help = `
Holds rows and files of the registry against each other. The bytes of manifests are verified
always, those of all blobs with --deep. Without --repair nothing is changed.
A repair needs the registry for itself: stop the server first. It removes nothing that might be the
only copy of anything: what is of no use is set aside, in the folder registry/aside.
Exit code 0: all is in order, or was put right; 1: something is left. All codes are in
docs/operate.md.`

/** `ibuild registry fsck` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry fsck', 'Check the stored registry, and repair it')
    .option('--deep', 'read all blobs and verify their digests')
    .option('--repair', 'put right what is found')
    .option('--recover <name>', 'with --repair: give this repository the manifests that no row names')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const { repair = false, deep = false, json = false } = flags
  if (flags.recover !== undefined && !repair) throw new IbuildError('USAGE', '--recover goes with --repair only')
  const report = fsckReport(json)
  const recover = flags.recover === undefined ? undefined : parseNameOf('--recover', flags.recover)
  return interruptible(async (signal) => {
    const summary = await check(dataFolder(flags.root), {
      isRepair: repair,
      isDeep: deep,
      recover,
      signal,
      onFinding: report.finding,
      onProgress: fsckProgress((line) => void process.stderr.write(line)),
    })
    await report.end(summary)
    return isInOrder(summary) ? 0 : 1
  })
}

type Options = Omit<Parameters<typeof checkFolder>[0], 'root'>

/** Beside a server that has the registry open, or alone. */
async function check(root: string, options: Options): Promise<FsckSummary> {
  const { folder, adminSocket } = registryLayout(root)
  requireRegistry(root, folder)
  const admin = await connectAdmin(adminSocket)
  if (admin === undefined) return checkFolder({ root, ...options })
  if (options.isRepair === true) throw busy(root)
  const { checkBeside } = await import('../../../registry/fsck/check-beside.ts')
  return checkBeside({ root, ...options, admin })
}

function busy(root: string): IbuildError {
  return new IbuildError('SERVER_BUSY', `a server works on ${root}: a repair needs the registry for itself`, {
    hint: 'Stop the server first. Without --repair the check goes on beside it.',
  })
}
