import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { formatTable } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { declareStoreFlag, type KeyFlags, keyStoreOf } from './key-flags.ts'

interface Flags extends KeyFlags {
  readonly json?: boolean
}

/** `ibuild trust key list` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust key list', 'List the keys of the key store')
    .option('--json', 'print a JSON array')
    .allowExcessArguments(false)
  declareStoreFlag(parser)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const keys = await keyStoreOf(flags).list()
  const rows = keys.map(({ id, role, gun, isEncrypted }) => [role ?? '?', gun ?? '', id, isEncrypted ? 'yes' : 'no'])
  await writeLines([flags.json === true ? jsonText(keys) : formatTable([['ROLE', 'IMAGE', 'KEY', 'LOCKED'], ...rows])])
  return 0
}
