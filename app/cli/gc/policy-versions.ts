import type { PolicyBook } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { shortID, tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { lookAtRetention } from './use-retention.ts'

/** `ibuild gc policy versions` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('policy versions', 'List the versions of the policy, the newest first', 'print a JSON array')
  const { options: flags } = parseArguments<GcFlags>(parser, argv)
  const versions = await lookAtRetention(flags, async ({ policies }) => policies.versions())
  await writeLines(flags.json === true ? [jsonText(versions)] : tableLines(rowsOf(versions)))
  return 0
}

function rowsOf(versions: Awaited<ReturnType<PolicyBook['versions']>>): string[][] {
  return [
    ['VERSION', 'WHEN', 'BY', 'TEXT', 'STATE'],
    ...versions.map(({ version, at, by, hash, restores }, i) => [
      String(version),
      version === 0 ? '-' : isoSeconds(at),
      sanitize(by),
      shortID(hash),
      `${i === 0 ? 'in force' : 'earlier'}${restores === undefined ? '' : `, version ${restores} again`}`,
    ]),
  ]
}
