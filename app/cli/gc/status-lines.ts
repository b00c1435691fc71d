import type { RetentionStatus } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { ago, inTime } from '../periods.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { formatSize } from '../sizes.ts'
import { fact } from './fact.ts'
import { runText } from './run-lines.ts'

/** How retention of one source stands, for people. `now` is milliseconds since the epoch. */
export function statusLines(status: RetentionStatus, now: number): string[] {
  const { source, policy, mode, nextRunAt, isRunning, lastRun, trash, mirror } = status
  const stale = mirror.filter(({ error }) => error !== undefined).length
  return [
    fact('source', source),
    fact('policy', policyText(policy)),
    fact('mode', modeText[mode]),
    fact('next run', nextRunAt === undefined ? 'none planned' : `${isoSeconds(nextRunAt)}, ${inTime(nextRunAt, now)}`),
    fact('now', isRunning ? 'a plan is made or applied' : 'nothing is done'),
    fact('last run', lastRun === undefined ? 'none yet' : `${lastRun.id}, ${ago(lastRun.startedAt, now)}`),
    ...(lastRun === undefined ? [] : [fact('', runText(lastRun))]),
    fact('trash', trashText(status, trash, now)),
    ...(mirror.length === 0 ? [] : [fact('mirror', `${mirror.length} images, ${stale} with an error`)]),
  ]
}

const modeText = {
  dryRun: 'dryRun: plans are made, nothing is removed',
  propose: 'propose: plans wait for ibuild gc apply',
  enforce: 'enforce: what is planned is removed',
} as const

function policyText({ version, at, by }: RetentionStatus['policy']): string {
  return version === 0 ? 'none was set: nothing goes' : `version ${version}, ${isoSeconds(at)} by ${sanitize(by)}`
}

function trashText(
  { canUndo }: Pick<RetentionStatus, 'canUndo'>,
  { entries, bytes, nextPurgeAt }: RetentionStatus['trash'],
  now: number,
): string {
  if (!canUndo) return 'there is none: what goes is gone'
  if (entries === 0) return 'empty'
  const next = nextPurgeAt === undefined ? '' : `; the next is given up ${inTime(nextPurgeAt, now)}`
  return `${entries} ${entries === 1 ? 'entry' : 'entries'}, ${formatSize(bytes)}${next}`
}
