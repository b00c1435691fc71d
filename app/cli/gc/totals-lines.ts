import type { Totals } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { formatSize } from '../sizes.ts'

const longestLine = 94

/** What decisions come to, for people. */
export function totalsLines(totals: Totals): string[] {
  const { considered, kept, deleted, bytes } = totals
  const reasons = Object.entries(totals.reasons)
  const told = (wanted: boolean): string[] =>
    reasons.filter(([reason]) => isDeletion(reason) === wanted).map(([reason, count]) => `${reason} ${count}`)
  return [
    `${considered} looked at: ${kept} stay, ${deleted} ${deleted === 1 ? 'goes' : 'go'} (${formatSize(bytes)})\n`,
    ...(deleted > 0 ? [`${freedText(totals)}\n`] : []),
    ...wrapped('stay', told(false)),
    ...wrapped('go', told(true)),
  ]
}

function freedText({ freed, shared, sharedWith, measured, deleted }: Totals): string {
  const [sharer] = sharedWith
  const others = sharer === undefined ? '' : ` with ${sanitize(sharer)}${sharedWith.length > 1 ? ' and others' : ''}`
  const staying = shared > 0 ? `, ${formatSize(shared)} are shared${others} and stay` : ''
  const first = measured < deleted ? ` (of the first ${measured})` : ''
  return `what goes frees ${formatSize(freed)}${staying}${first}`
}

function isDeletion(reason: string): boolean {
  return reason.startsWith('DELETE_') || reason === 'DEFAULT_DELETE'
}

function wrapped(name: string, words: readonly string[]): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 2 > longestLine) lines.push(word)
    else lines[lines.length - 1] = `${last}, ${word}`
  }
  return lines.map((line, i) => `${(i === 0 ? `${name}:` : '').padEnd(6)}${line}\n`)
}
