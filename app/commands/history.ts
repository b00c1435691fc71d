import { createParser, parseArguments } from '../cli/arguments.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'
import { dataText, parseFormat } from '../cli/output-format.ts'
import { readTwice } from '../cli/read-twice.ts'
import { formatSize } from '../cli/sizes.ts'
import { cutText, formatAge, formatTable, shortID } from '../cli/table.ts'
import { terminalWidth } from '../cli/terminal-width.ts'
import { type HistoryLine, historyLines } from '../listing/history-lines.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags {
  readonly root?: string
  readonly trunc: boolean
  readonly human: boolean
  readonly quiet?: boolean
  readonly format?: string
  readonly json?: boolean
}

/** Widest text of an instruction that is shown without --no-trunc. */
const maxText = 70

/** `ibuild history IMAGE`: the newest entry first, with the layer and the size that it added. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('history', 'Show how an image was made')
    .argument('<image>')
    .option('-q, --quiet', 'print the diffIDs of layers only')
    .option('--no-trunc', 'show whole instructions and digests')
    .option('-H, --human', 'ages and rounded sizes (the default)', true)
    .option('--no-human', 'times and bytes; --human=false is the same')
    .option('--format <format>', 'table, json or yaml')
    .option('--json', 'print an array of JSON objects')
  const { words, options: flags } = parseArguments<Flags>(parser, argv.map(plainFlag))
  const [image = ''] = words // the parser sees to it that there is one
  const format = parseFormat(flags, ['table', 'json', 'yaml'])
  const lines = readTwice(() => historyLines(imageOf(storeOf(flags), image))).reverse()
  const text = format === 'table' ? toTable(lines, flags) : await dataText(lines.map(toData), format)
  process.stdout.write(flags.quiet === true ? diffIDs(lines, flags) : text)
  return 0
}

/** docker's way to write a flag that is on by default. */
function plainFlag(word: string): string {
  const [, value] = /^(?:--human|-H)=(true|false)$/.exec(word) ?? []
  if (value === undefined) return word
  return value === 'true' ? '--human' : '--no-human'
}

function diffIDs(lines: readonly HistoryLine[], { trunc }: Flags): string {
  return lines
    .flatMap(({ diffID }) => diffID ?? [])
    .map((diffID) => `${trunc ? shortID(diffID) : diffID}\n`)
    .join('')
}

function toTable(lines: readonly HistoryLine[], { trunc, human }: Flags): string {
  const rows = lines.map(({ entry, diffID, size }) => {
    const text = oneLine(entry.created_by ?? entry.comment ?? '')
    return [
      diffID === undefined ? '' : trunc ? shortID(diffID) : diffID,
      human ? formatAge(entry.created) : oneLine(entry.created ?? 'N/A'),
      trunc ? cutText(text, maxText) : text,
      diffID === undefined ? '' : human ? formatSize(size) : String(size),
    ]
  })
  const width = trunc ? terminalWidth() : undefined
  return formatTable([['LAYER', 'CREATED', 'CREATED BY', 'SIZE'], ...rows], { flexible: 2, width })
}

function oneLine(text: string): string {
  return sanitize(text.replace(/[\n\t]/g, ' '))
}

function toData({ entry, diffID, size }: HistoryLine): object {
  return { ...entry, diffID: diffID ?? null, size }
}
