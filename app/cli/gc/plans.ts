import type { Plan, RetentionService } from '../../../retention/run/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonLines, jsonText } from '../json-text.ts'
import { ago } from '../periods.ts'
import { formatSize } from '../sizes.ts'
import { tableLines } from '../table.ts'
import { writeLines, writePieces } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { planLines, stateText } from './plan-lines.ts'
import { plannedLines } from './planned-lines.ts'
import { lookAtRetention } from './use-retention.ts'

interface Flags extends GcFlags {
  readonly trunc: boolean
}

/** `ibuild gc plans [PLAN]` */
export async function run(argv: readonly string[]): Promise<number> {
  const json = 'print JSON; of one plan a line for each item'
  const parser = gcParser('plans', 'List plans, the newest first, or show what one would remove', json)
    .argument('[plan]', 'ID of a plan')
    .option('--no-trunc', 'print whole digests')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [id] = words
  await lookAtRetention(flags, async (service) => {
    if (id !== undefined) return showPlan(service, id, flags)
    const plans = await service.plans()
    await writeLines(flags.json === true ? [jsonText(plans)] : tableLines(rowsOf(plans, Date.now())))
  })
  return 0
}

async function showPlan(service: RetentionService, id: string, flags: Flags): Promise<void> {
  const items = service.planned(id)
  if (flags.json === true) return writePieces(jsonLines(items))
  const plan = (await service.plans()).find((one) => one.id === id)
  if (plan === undefined)
    throw new IbuildError('OBJECT_NOT_FOUND', `there is no plan ${JSON.stringify(id.slice(0, 100))}`, {
      hint: 'ibuild gc plans lists those that there are.',
    })
  await writePieces(plannedLines(items, flags))
  const { mode } = await service.status()
  await writeLines(planLines(plan, { mode, now: Date.now() }))
}

function rowsOf(plans: readonly Plan[], now: number): string[][] {
  return [
    ['PLAN', 'WHEN', 'BY', 'POLICY', 'ITEMS', 'SIZE', 'STATE'],
    ...plans.map(({ id, at, by, policyVersion, totals, state, expiresAt }) => [
      id,
      ago(at, now),
      sanitize(by),
      String(policyVersion),
      String(totals.deleted),
      formatSize(totals.bytes),
      stateText({ state, expiresAt }, now),
    ]),
  ]
}
