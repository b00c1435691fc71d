import { countNames, countTitles } from './counts.ts'
import type { AtTheEnd } from './end.ts'
import type { SoakResult } from './run.ts'

/** The result as a table of two columns, and a verdict. */
export function reportOf(result: SoakResult): string {
  const { seed, clients, seconds, secondsHeld, kills, counts, collectedMeanwhile, collected, end, isGood, root } =
    result
  const rate =
    seconds === 0 ? '' : ` in ${seconds.toFixed(0)} s, ${(counts.pushes / seconds).toFixed(0)} pushes a second`
  const rows: readonly (readonly [string, number])[] = [
    ...countNames.map((name) => [countTitles[name], counts[name]] as const),
    ['seconds in which clients waited for the collector', Math.round(secondsHeld)],
    ['server killed', kills],
    ['collected meanwhile: manifests', collectedMeanwhile.manifests],
    ['collected meanwhile: blobs of a repository', collectedMeanwhile.links],
    ['collected meanwhile: files', collectedMeanwhile.blobs],
    ['collected meanwhile: bytes', collectedMeanwhile.freed],
    ['collected in all: files', collected.blobs],
    ['collected in all: bytes', collected.freed],
    ['collected in all: looks', collected.reviewed],
    ['collected in all: failures', collected.failures],
    ...(end === undefined ? [] : endRows(end)),
  ]
  const width = Math.max(...rows.map(([title]) => title.length))
  const lines = rows.map(([title, count]) => `${title.padEnd(width)}  ${String(count).padStart(12)}`)
  const verdict = isGood ? 'nothing was lost' : `something went wrong; the data folder is left: ${root}`
  return [`${clients} clients, seed ${seed}${rate}`, ...lines, verdict, ''].join('\n')
}

function endRows(end: AtTheEnd): readonly (readonly [string, number])[] {
  return [
    ['at the end: repositories', end.repositories],
    ['at the end: tags', end.tags],
    ['at the end: files', end.blobs],
    ['at the end: bytes', end.bytes],
    ['at the end: files that no tag leads to', end.unused],
    ['at the end: findings of fsck --deep', end.findings],
  ]
}
