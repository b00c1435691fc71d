import type { UploadInfo } from '../../../registry/server/admin/types.ts'
import { collect, createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { formatSize } from '../sizes.ts'
import { tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { isoSeconds } from './time-text.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly cancel?: string[]
  readonly json?: boolean
}

const help = `
An upload that its client does not go on with is given up by itself: see uploads.idle of the
configuration.`

/** `ibuild registry uploads [--cancel ID]...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry uploads', 'List uploads that are open, or end some of them')
    .option('--cancel <id>', 'end this upload and drop its bytes (repeat)', collect)
    .option('--json', 'print a JSON array')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const uploads = await useAdmin(flags, async (admin) => {
    for (const id of flags.cancel ?? []) await admin.cancelUpload(id)
    return flags.cancel === undefined || flags.json === true ? admin.uploads() : undefined
  })
  if (uploads !== undefined) await writeLines(flags.json === true ? [jsonText(uploads)] : tableLines(rowsOf(uploads)))
  return 0
}

function rowsOf(uploads: readonly UploadInfo[]): string[][] {
  return [
    ['ID', 'REPOSITORY', 'SIZE', 'STARTED', 'USED'],
    ...uploads.map(({ id, repository, bytes, isBusy, startedAt, usedAt }) => [
      id,
      repository,
      formatSize(bytes),
      isoSeconds(startedAt),
      isBusy ? 'now' : isoSeconds(usedAt),
    ]),
  ]
}
