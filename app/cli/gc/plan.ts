import { parseArguments } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { jsonText } from '../json-text.ts'
import { writeLines, writePieces } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { planLines } from './plan-lines.ts'
import { declarePlanFlags, type PlanFlags, planOptions } from './plan-options.ts'
import { plannedLines } from './planned-lines.ts'
import { useRetention } from './use-retention.ts'
import { userName } from './user-name.ts'

interface Flags extends GcFlags, PlanFlags {
  readonly trunc: boolean
}

const help = `
Nothing is removed: ibuild gc apply does that. A plan goes off after limits.planTtl of the policy,
and when another policy is put in force.`

/** `ibuild gc plan` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('plan', 'Decide by the policy in force what is to go, and write it down')
    .option('--no-trunc', 'print whole digests')
    .addHelpText('after', help)
  declarePlanFlags(parser)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const options = planOptions(flags)
  await useRetention(flags, async (service) => {
    const plan = await interruptible(async (signal) => service.plan(userName(), { ...options, signal }))
    if (flags.json === true) return writeLines([jsonText(plan)])
    const { mode } = await service.status()
    await writePieces(plannedLines(service.planned(plan.id), flags))
    await writeLines(planLines(plan, { mode, now: Date.now() }))
  })
  return 0
}
