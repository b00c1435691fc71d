import { parseTarget } from '../../../registry/gc/explain.ts'
import { addCounts, type GcRound } from '../../../registry/gc/types.ts'
import type { RegistryAdmin } from '../../../registry/server/admin/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { explanationLines, roundLines, statusLines } from './gc-lines.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly config?: string
  readonly now?: boolean
  readonly json?: boolean
}

const help = `
A server removes what is no longer of use by itself, while it is pushed to and pulled from.
  status   what waits, what was removed, and why nothing is removed now
  run      do now what is due; with --now also look at what is not due yet
  explain  why REPOSITORY:TAG, REPOSITORY@DIGEST or DIGEST is there, when it goes, what that frees;
           of REPOSITORY alone what is about to go
What clients rely on, because they pushed it or were told that it is there, stays for gc.lease
also with --now; and for so long after its start a process removes nothing, as it does not know
what clients of the one before rely on. Untagged manifests stay for gc.untagged.keep.
Exit code of run: 1 when something failed, or when nothing may be removed now.`

/** `ibuild registry gc status|run|explain` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry gc', 'Show or run garbage collection of the registry, or explain what it keeps')
    .argument('<what>', 'status, run or explain')
    .argument('[target]', 'what to explain')
    .option('--now', 'with run: look also at what is not due yet')
    .option('--config <file>', 'configuration, where no server runs (default: IBUILD_REGISTRY_CONFIG)')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [what = '', target] = words
  const task = Object.hasOwn(tasks, what) ? tasks[what] : undefined
  if (task === undefined) {
    throw new IbuildError('USAGE', `gc: ${JSON.stringify(what)} is none of status, run and explain`)
  }
  if (flags.now === true && what !== 'run') throw new IbuildError('USAGE', '--now goes with run only')
  if ((target !== undefined) !== (what === 'explain')) {
    throw new IbuildError('USAGE', what === 'explain' ? 'explain: what?' : `${what}: takes no argument more`, {
      hint: 'ibuild registry gc explain team/app:1',
    })
  }
  if (target !== undefined) parseTarget(target) // what is none is refused before anything is opened
  return useAdmin(flags, (admin) => task(admin, flags, target ?? ''))
}

type Task = (admin: RegistryAdmin, flags: Flags, target: string) => Promise<number>

const tasks: Readonly<Record<string, Task>> = {
  status: async (admin, { json }) => {
    const status = await admin.gcStatus()
    await writeLines(json === true ? [jsonText(status)] : statusLines(status, Date.now()))
    return 0
  },
  run: async (admin, { json, now }) => {
    const round = await runAll(admin, now === true)
    await writeLines(json === true ? [jsonText(round)] : roundLines(round))
    return round.failures > 0 || round.held.length > 0 ? 1 : 0
  },
  explain: async (admin, { json }, target) => {
    const found = await admin.gcExplain(target)
    const lines = found.flatMap((one) => explanationLines(one, Date.now()))
    const none = `nothing in ${target} is about to go\n`
    await writeLines(json === true ? [jsonText(found)] : lines.length > 0 ? lines : [none])
    return 0
  },
}

/** Rounds are bounded, so that a server can be asked other things in between. */
async function runAll(admin: RegistryAdmin, isNow: boolean): Promise<GcRound> {
  let all = await admin.gcRun(isNow)
  while (all.isMore) {
    const next = await admin.gcRun(isNow)
    const { startedAt } = all
    all = { ...next, ...addCounts(all, next), startedAt, milliseconds: all.milliseconds + next.milliseconds }
  }
  return all
}
