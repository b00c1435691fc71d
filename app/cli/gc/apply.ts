import { parseArguments } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { confirmLoss } from './confirm-loss.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { runCode, runLines } from './run-lines.ts'
import { useRetention } from './use-retention.ts'
import { userName } from './user-name.ts'

interface Flags extends GcFlags {
  readonly yes?: boolean
}

const help = `
Each item is looked at again, and goes only if it is as the plan saw it. What goes from a registry
can come back for trash.days of the policy (ibuild gc undo). What goes from a Docker daemon or the
store is gone: then --yes is asked for.
Exit code 1 when something failed, or not all of it was done.`

/** `ibuild gc apply PLAN` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('apply', 'Do what a plan says')
    .argument('<plan>', 'ID of the plan')
    .option('-y, --yes', 'do not ask where nothing can come back')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [id = ''] = words
  return useRetention(flags, async (service) => {
    const { canUndo } = await service.status()
    const plan = (await service.plans()).find((one) => one.id === id)
    if (plan?.state === 'waiting') await confirmLoss({ service, canUndo, totals: plan.totals }, flags)
    const run = await interruptible(async (signal) => service.apply(id, userName(), signal))
    await writeLines(flags.json === true ? [jsonText(run)] : runLines(run, { canUndo }))
    return runCode(run)
  })
}
