import type { ReadOnlyState } from '../../../registry/server/admin/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly json?: boolean
}

const help = `
While the registry is read-only everything can be pulled, and nothing pushed or deleted.
The switch is kept when the server is started anew; it works with or without a running server.
Uploads that are running are ended, and what came of them is kept. \`on\` waits up to 15 seconds for
the rest: then nothing that the registry has changes any more, or the exit code is 1.`

/** `ibuild registry read-only on|off|status` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry read-only', 'Refuse all that writes to the registry, or no longer')
    .argument('<what>', 'on, off, or status to ask')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [wanted = ''] = words
  if (!['on', 'off', 'status'].includes(wanted)) {
    throw new IbuildError('USAGE', `read-only: ${JSON.stringify(wanted)} is none of on, off and status`)
  }
  const state = await useAdmin(flags, (admin) =>
    wanted === 'status' ? admin.readOnly() : admin.setReadOnly(wanted === 'on'),
  )
  await writeLines([flags.json === true ? jsonText(state) : `read-only: ${describe(state)}\n`])
  return wanted === 'on' && state.writesRunning > 0 ? 1 : 0
}

function describe({ isReadOnly, isConfigured, writesRunning }: ReadOnlyState): string {
  const left = isReadOnly && writesRunning > 0 ? `; writes still running: ${writesRunning}` : ''
  return `${isReadOnly ? 'on' : 'off'}${isConfigured ? ', by the configuration of the server' : ''}${left}`
}
