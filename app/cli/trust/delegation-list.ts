import { describeCollection } from '../../trust/describe.ts'
import { trustedCollection } from '../../trust/session.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { formatTable } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { gunOf } from './image-name.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags {
  readonly json?: boolean
}

/** `ibuild trust delegation list IMAGE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust delegation list', 'List the roles of an image, with keys, paths and thresholds')
    .argument('<repository>', 'the image, without tag')
    .option('--json', 'print a JSON array')
    .allowExcessArguments(false)
  declareTrustFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  const collection = await useTrust(flags, gun, async (session) => trustedCollection(session, gun))
  const roles = describeCollection(collection).roles.filter(({ paths }) => paths !== undefined)
  const rows = roles.flatMap(({ name, paths = [], threshold, keys }) =>
    keys.map((id, i) => (i > 0 ? ['', '', '', id] : [name, shownPaths(paths), String(threshold), id])),
  )
  await writeLines([
    flags.json === true ? jsonText(roles) : formatTable([['ROLE', 'PATHS', 'THRESHOLD', 'KEYS'], ...rows]),
  ])
  return 0
}

function shownPaths(paths: readonly string[]): string {
  return paths.map((path) => JSON.stringify(path)).join(' ')
}
