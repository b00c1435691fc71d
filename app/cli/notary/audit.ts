import type { AuditEntry } from '../../../notary/store/audit-entry.ts'
import { auditEntries, chainedEntries, type PlacedEntry } from '../../../notary/store/read-audit.ts'
import { parseGun } from '../../../notary/tuf/gun.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { parseTimePoint } from '../../listing/time-point.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { useNotary } from './use-notary.ts'

interface Flags {
  readonly root?: string
  readonly json?: boolean
  readonly since?: string
  readonly verify?: boolean
  readonly head?: string
}

const help = `
The oldest entry comes first. Each has the hash of the one before it in its own, so --verify finds
what was changed or removed. Whoever can write all of the data can also write another chain: note
what --verify prints, NUMBER:HASH, in another place, and give it to a later one as --head.
audit.time and audit.size of the configuration say how much is kept.`

/** `ibuild notary audit [GUN]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('notary audit', 'Show who published, rotated keys, deleted and imported')
    .argument('[gun]', 'the collection, such as registry.example.org/team/app (default: all)')
    .option('--since <time>', 'only what was done since: 7d, 2026-03-01 (with the time: 2026-03-01T12:00:00Z)')
    .option('--json', 'print a JSON array')
    .option('--verify', 'show no entries, but hold all of them against the chain')
    .option('--head <number:hash>', 'with --verify: an entry that must be there as it was, unless it is over its time')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = words[0] === undefined ? undefined : parseGun(words[0])
  if (flags.verify === true) return verify(gun, flags)
  if (flags.head !== undefined) throw new IbuildError('USAGE', '--head is for --verify')
  const since = flags.since === undefined ? 0 : parseTimePoint(flags.since, '--since', Date.now())
  const found = await useNotary(flags, async (admin) => {
    const entries: PlacedEntry[] = []
    for await (const each of auditEntries((page) => admin.audit(page))) {
      if (each.entry.at >= since && (gun === undefined || each.entry.gun === gun)) entries.push(each)
    }
    return entries
  })
  await writeLines(flags.json === true ? [jsonText(found.map(jsonOf))] : tableLines(rowsOf(found)))
  return 0
}

async function verify(gun: string | undefined, flags: Flags): Promise<number> {
  if (gun !== undefined || flags.since !== undefined)
    throw new IbuildError('USAGE', '--verify is about the whole log: leave the collection and --since out')
  const head = flags.head === undefined ? undefined : parseHead(flags.head)
  const result = await useNotary(flags, async (admin) => {
    const { start } = await admin.audit({ after: 0, limit: 0 })
    let [entries, last] = [0, start]
    for await (const { place } of chainedEntries((page) => admin.audit(page))) {
      if (place.number === head?.number && place.hash !== head.hash) throw otherHead(head.number)
      entries += 1
      last = place
    }
    if (head !== undefined && head.number > last.number) throw otherHead(head.number)
    return { entries, cleared: start.number, head: `${last.number}:${last.hash}` }
  })
  const { entries, cleared, head: place } = result
  const before = cleared === 0 ? '' : `, ${cleared} before them are over their time`
  const text = `the audit log is as it was written: ${entries} entries${before}\nhead ${place}\n`
  await writeLines([flags.json === true ? jsonText(result) : text])
  return 0
}

/** Errors: USAGE. */
function parseHead(text: string): { readonly number: number; readonly hash: string } {
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (number !== undefined && hash !== undefined) return { number: Number(number), hash }
  throw new IbuildError(
    'USAGE',
    `--head ${JSON.stringify(text.slice(0, 100))} is not what --verify prints, NUMBER:HASH`,
  )
}

function otherHead(number: number): IbuildError {
  return new IbuildError('AUDIT_BROKEN', `the audit log was changed: entry ${number} is not the one of --head`)
}

function jsonOf({ place, entry }: PlacedEntry): object {
  return { number: place.number, hash: place.hash, ...entry, at: isoSeconds(entry.at) }
}

function rowsOf(found: readonly PlacedEntry[]): string[][] {
  return [
    ['ENTRY', 'WHEN', 'WHO', 'FROM', 'WHAT', 'COLLECTION', 'FILES'],
    ...found.map(({ place, entry }) => [
      String(place.number),
      isoSeconds(entry.at),
      sanitize(entry.account ?? '-'),
      sanitize(entry.address ?? '-'),
      entry.action,
      sanitize(entry.gun),
      sanitize(filesText(entry)),
    ]),
  ]
}

function filesText({ files = {}, dropped = [], key }: AuditEntry): string {
  const parts = [
    ...Object.entries(files).map(([role, { version }]) => `${role} ${version}`),
    ...dropped.map((role) => `without ${role}`),
    ...(key === undefined ? [] : [`${key.role} key ${key.id.slice(0, 12)}`]),
  ]
  return parts.length === 0 ? '-' : parts.join(', ')
}
