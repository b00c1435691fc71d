import type { TagMove } from '../../../registry/service/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { formatSize } from '../sizes.ts'
import { shortID, tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { parseTagName } from './tag-name.ts'
import { isoSeconds } from './time-text.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly json?: boolean
  readonly trunc: boolean
}

const help = `
The newest move comes first. SIZE is that of the manifest and of all that it names. What can no
longer be pulled was deleted, or collected: history.keep and history.age say how long it stays.
ibuild registry rollback sets the tag back to one of them.`

/** `ibuild registry history REPOSITORY[:TAG]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry history', 'Show what a tag led to')
    .argument('<name>', 'REPOSITORY[:TAG], without the host of the registry')
    .option('--json', 'print a JSON array')
    .option('--no-trunc', 'print whole digests')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const { repository, tag } = parseTagName(words[0] ?? '')
  const moves = await useAdmin(flags, (admin) => admin.tagHistory(repository, tag))
  await writeLines(flags.json === true ? [jsonText(moves)] : tableLines(rowsOf(moves, flags)))
  return 0
}

function rowsOf(moves: readonly TagMove[], { trunc }: Flags): string[][] {
  return [
    ['MOVE', 'WHEN', 'DIGEST', 'SIZE', 'BY', 'STATE'],
    ...moves.map(({ move, at, digest, size, by, ...state }, i) => [
      String(move),
      isoSeconds(at),
      digest === undefined ? '-' : trunc ? shortID(digest) : digest,
      size === undefined ? '-' : formatSize(size),
      sanitize(by ?? '-'),
      stateOf({ digest, ...state }, i === 0),
    ]),
  ]
}

function stateOf({ digest, isPullable, goneSince, restores }: Partial<TagMove>, isNow: boolean): string {
  if (digest === undefined) return 'deleted'
  const back = restores === undefined ? '' : `, back to move ${restores}`
  if (isPullable === true) return `${isNow ? 'now' : 'can be pulled'}${back}`
  return `gone${goneSince === undefined ? '' : ` since ${isoSeconds(goneSince)}`}${back}`
}
