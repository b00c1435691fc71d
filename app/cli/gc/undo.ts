import type { UndoReport } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { itemText } from './item-text.ts'
import { useRetention } from './use-retention.ts'
import { userName } from './user-name.ts'

const help = `
ibuild gc history lists runs, ibuild gc trash their entries. A tag that is used again by now comes
back as TAG-restored-YYYYMMDD. With a tag come all that it leads to and what refers to that.
Exit code 1 when something did not come back.`

/** `ibuild gc undo ID` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('undo', 'Give back what a run removed', 'print a JSON object')
    .argument('<id>', 'a run, or one entry of the trash')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<GcFlags>(parser, argv)
  const [id = ''] = words
  const report = await useRetention(flags, async (service) => service.undo(id, userName()))
  await writeLines(flags.json === true ? [jsonText(report)] : linesOf(report))
  return report.failed.length > 0 ? 1 : 0
}

function linesOf({ restored, failed }: UndoReport): string[] {
  const tags = restored.map(({ as, ...item }) => {
    const other = as === item.name ? '' : ` as ${sanitize(as)}`
    return `${itemText(item, { trunc: false })} is back${other}\n`
  })
  const others = failed.map(
    ({ message, ...item }) => `failed: ${itemText(item, { trunc: false })}: ${sanitize(message)}\n`,
  )
  return [...tags, ...others, `${restored.length} given back, ${failed.length} failed\n`]
}
