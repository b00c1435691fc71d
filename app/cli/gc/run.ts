import { readPolicy } from '../../../retention/policy/read-policy.ts'
import { mayRepeat } from '../../../retention/run/passes.ts'
import type { PlanOptions, RetentionService, Run } from '../../../retention/run/types.ts'
import { checkCron } from '../../../retention/schedule/cron.ts'
import { parseArguments } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { jsonText } from '../json-text.ts'
import { writeLines, writePieces } from '../write-lines.ts'
import { confirmLoss, type Loss } from './confirm-loss.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { planLines } from './plan-lines.ts'
import { declarePlanFlags, type PlanFlags, planOptions } from './plan-options.ts'
import { plannedLines } from './planned-lines.ts'
import { runCode, runLines } from './run-lines.ts'
import { useRetention } from './use-retention.ts'
import { userName } from './user-name.ts'

interface Flags extends GcFlags, PlanFlags {
  readonly yes?: boolean
  readonly trunc: boolean
}

const help = `
The mode of the policy says what a run does: dryRun and propose only make a plan, enforce applies
it, too. A plan of propose waits for ibuild gc apply. A server does this by its schedule.
Exit code 1 when something failed, or not all of it was done.`

/** `ibuild gc run` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('run', 'Make a plan, and apply it where the policy says enforce')
    .option('-y, --yes', 'do not ask where nothing can come back')
    .option('--no-trunc', 'print whole digests')
    .addHelpText('after', help)
  declarePlanFlags(parser)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const plan = planOptions(flags)
  return useRetention(flags, async (service) => {
    const { canUndo, mode } = await service.status()
    if (!canUndo && mode === 'enforce' && flags.yes !== true) await confirmLoss(await lossOf(service, plan), flags)
    const done = await interruptible(async (signal) => service.run(userName(), { ...plan, cause: 'request', signal }))
    if (flags.json === true) await writeLines([jsonText(done)])
    else await tell(service, done, { ...flags, canUndo })
    return runCode(done)
  })
}

/** What a run with these options would remove where nothing can come back. */
async function lossOf(service: RetentionService, plan: PlanOptions): Promise<Loss> {
  const read = readPolicy((await service.policies.show()).text, { checkCron })
  const isInPasses = service.source === 'docker' && 'policy' in read && mayRepeat(read.policy.limits)
  return { service, canUndo: false, isInPasses, totals: await totalsOf(service, plan) }
}

async function totalsOf(service: RetentionService, plan: PlanOptions): Promise<Loss['totals']> {
  for await (const page of service.preview({ only: 'delete', plan }))
    for (const line of page) if (line.kind === 'totals') return line.totals
  return { deleted: 0, bytes: 0 }
}

/** A run that is a plan alone tells what it would have removed. */
async function tell(
  service: RetentionService,
  done: Run,
  { canUndo, trunc }: Flags & { readonly canUndo: boolean },
): Promise<void> {
  if (done.state === 'planned') {
    const plan = (await service.plans()).find(({ id }) => id === done.planId)
    await writePieces(plannedLines(service.planned(done.planId), { trunc }))
    if (plan !== undefined) await writeLines(planLines(plan, { mode: done.mode, now: Date.now() }))
  }
  await writeLines(runLines(done, { canUndo }))
}
