import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdoptionStatus } from '../../../registry/adopt/adoption.ts'
import type { RegistryAdmin } from '../../../registry/server/admin/types.ts'
import type { FlawRow } from '../../../registry/storage/rows.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { adoptionLines } from './adoption-text.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly status?: boolean
  readonly flaws?: boolean
  readonly leave?: boolean
  readonly wait?: boolean
  readonly json?: boolean
}

const help = `
DIR is what storage.filesystem.rootdirectory of a docker-registry (distribution) names. Stop that
server first. From the first moment a server of ibuild answers pulls of all that is there, and takes
pushes; behind it everything is brought in at a low rate, by hard links where both lie on one
filesystem. Nothing is written to DIR, and when all is done it is not needed any more. Without a
server that runs, it begins with the next one, or at once with --wait.`

/** `ibuild registry adopt DIR`, and `--status`, `--flaws`, `--leave` without one. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry adopt', 'Take over the storage of a docker-registry')
    .argument('[dir]', 'folder of its storage')
    .option('--status', 'tell how far it is')
    .option('--flaws', 'list what is wrong there, and could not be taken as it is')
    .option('--leave', 'give it up: what was not brought in is not served any more')
    .option('--wait', 'end when everything is brought in; exit code 1 when something is wrong there')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [folder] = words
  requireOneTask(flags, folder)
  return useAdmin(flags, (admin) => carryOut(admin, folder, flags), { isMade: folder !== undefined })
}

function requireOneTask({ status, flaws, leave }: Flags, folder: string | undefined): void {
  const tasks = [folder !== undefined, status === true, flaws === true, leave === true].filter(Boolean).length
  if (tasks !== 1) throw new IbuildError('USAGE', 'adopt needs a folder, or one of --status, --flaws and --leave')
}

async function carryOut(admin: RegistryAdmin, folder: string | undefined, flags: Flags): Promise<number> {
  const isJson = flags.json === true
  if (flags.leave === true) {
    await admin.leaveAdoption()
    return 0
  }
  if (flags.flaws === true) {
    const flaws = await admin.adoptionFlaws()
    await writeLines(isJson ? [jsonText(flaws)] : tableLines(flawRows(flaws)))
    return 0
  }
  const begun =
    folder === undefined
      ? await admin.adoption()
      : await admin.adopt({ folder: resolve(folder), isWaiting: flags.wait === true })
  const status = begun !== null && flags.wait === true ? await ended(admin, begun) : begun
  if (isJson) await writeLines([jsonText(status)])
  else await writeLines(status === null ? ['nothing is being taken over\n'] : adoptionLines(status))
  return flags.wait === true && (status?.counts.flaws ?? 0) > 0 ? 1 : 0
}

/** Milliseconds between looks. */
const interval = 250

async function ended(admin: RegistryAdmin, begun: AdoptionStatus): Promise<AdoptionStatus | null> {
  let status: AdoptionStatus | null = begun
  for (let told = ''; status !== null && status.state !== 'done'; status = await admin.adoption()) {
    const { done, total } = status.repositories
    const line = `${done} of ${total ?? '?'} repositories${status.waitsFor === null ? '' : `, waiting: ${sanitize(status.waitsFor)}`}\n`
    if (line !== told) process.stderr.write(line)
    told = line
    await sleep(interval)
  }
  return status
}

function flawRows(flaws: readonly FlawRow[]): string[][] {
  return [['PLACE', 'KIND', 'WHAT'], ...flaws.map(({ place, kind, about }) => [sanitize(place), kind, sanitize(about)])]
}
