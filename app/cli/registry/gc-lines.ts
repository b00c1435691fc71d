import type { Chain } from '../../../registry/gc/chains.ts'
import type { Explanation } from '../../../registry/gc/explain.ts'
import type { Keeper } from '../../../registry/gc/keepers.ts'
import type { GcCounts, GcRound, GcStatus } from '../../../registry/gc/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { factLine } from '../fact-lines.ts'
import { ago, inTime, period } from '../periods.ts'
import { formatSize } from '../sizes.ts'

/** The status of garbage collection for people. `now` is milliseconds since the epoch, as in all of this file. */
export function statusLines(status: GcStatus, now: number): string[] {
  const { isOn, held, queue, leases, lastRound, total, failures } = status
  const { length, isMore, due, nextAt } = queue
  const next = nextAt === null ? '' : `, next ${inTime(nextAt, now)}`
  return [
    row('collection', isOn ? (held.length === 0 ? 'on' : 'on, but nothing is removed now') : 'off'),
    ...held.map((why) => row('', sanitize(why))),
    row('queue', `${isMore ? 'more than ' : ''}${length} to be looked at, ${due} due${next}`),
    row('leases', String(leases.count)),
    row('last round', lastRound === null ? 'none yet' : `${countsText(lastRound)}, ${ago(lastRound.startedAt, now)}`),
    row('since start', countsText(total)),
    ...failures.map(({ repository, digest, message, tries, againAt }) =>
      row('failed', sanitize(`${repository}@${digest}, ${tries} times, again ${inTime(againAt, now)}: ${message}`)),
    ),
  ]
}

export function roundLines(round: GcRound): string[] {
  return [`${countsText(round)}\n`, ...round.held.map((why) => `nothing more is removed now: ${sanitize(why)}\n`)]
}

function countsText({ reviewed, manifests, links, freed, failures }: GcCounts): string {
  const failed = failures > 0 ? `, ${failures} failed` : ''
  return `${reviewed} looked at, ${manifests} manifests and ${links} blobs removed, ${formatSize(freed)} freed${failed}`
}

/** Why something is there, when it goes, and what that frees. */
export function explanationLines(explanation: Explanation, now: number): string[] {
  const { repository, digest, what, size, keptBy, until, goesAt, frees } = explanation
  const shared = frees.shared > 0 ? `, ${formatSize(frees.shared)} more are shared and stay` : ''
  return [
    `${repository}@${digest}\n`,
    row('what', `${what}, ${formatSize(size)}`),
    ...keptBy.map((chain) => row('kept by', chainText(chain, now))),
    ...(keptBy.length === 0 ? [row('kept by', 'nothing')] : []),
    ...untilRow('leased until', until.lease, now),
    ...untilRow('untagged until', until.grace, now),
    ...untilRow('looked at', until.review, now),
    row(
      'goes',
      goesAt === null ? (keptBy.length === 0 ? 'not by itself' : 'when nothing keeps it') : inTime(goesAt, now),
    ),
    row('frees', `${frees.isMore ? 'more than ' : ''}${formatSize(frees.own)}${shared}`),
  ]
}

function untilRow(name: string, time: number | null, now: number): string[] {
  return time === null ? [] : [row(name, inTime(time, now))]
}

function chainText(chain: Chain, now: number): string {
  return chain.map((keeper) => keeperText(keeper, now)).join(' -> ')
}

function keeperText(keeper: Keeper, now: number): string {
  switch (keeper.kind) {
    case 'tag':
      return `tag ${keeper.tag}`
    case 'root':
      return `${sanitize(keeper.source)}${keeper.until === undefined ? '' : `, for ${period(Math.max(0, keeper.until - now))}`}`
    case 'manifest':
      return `manifest ${keeper.digest}`
    case 'subject':
      return `subject ${keeper.digest}`
    case 'unread':
      return `manifest ${keeper.digest}, which cannot be read`
    default:
      return keeper satisfies never
  }
}

function row(name: string, value: string): string {
  return factLine(name, value, 16)
}
