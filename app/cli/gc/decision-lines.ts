import type { Decision } from '../../../retention/decide/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { period } from '../periods.ts'
import { formatSize } from '../sizes.ts'
import { fixedLine } from '../table.ts'
import { itemText } from './item-text.ts'

/** Places of the columns but the last: they are known beforehand, so that lines can be told as they are decided. */
const widths = [7, 16, 7, 7]

export interface DecisionTable {
  readonly heading: string
  line(decision: Told): string
}

/** What is told of a decision. */
export type Told = Pick<Decision, 'verdict' | 'reason' | 'about'> & {
  readonly item: Pick<Decision['item'], 'kind' | 'repository' | 'name' | 'size' | 'pushedAt'>
}

export interface DecisionTableOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Digests in short. */
  readonly trunc: boolean
  /** With a line below each that says why. */
  readonly why: boolean
  /** Places in a line of the terminal. Without it nothing is cut. */
  readonly width?: number | undefined
}

/** A table of decisions whose lines are made one by one. */
export function decisionTable({ now, trunc, why, width }: DecisionTableOptions): DecisionTable {
  const line = (cells: readonly string[]): string => `${fixedLine(cells, widths, width).trimEnd()}\n`
  return {
    heading: line(['VERDICT', 'REASON', 'AGE', 'SIZE', 'ITEM']),
    line: ({ item, verdict, reason, about }) => {
      const age = period(Math.max(0, now - item.pushedAt))
      const first = line([verdict, reason, age, formatSize(item.size), itemText(item, { trunc })])
      return why ? first + line([' '.repeat(7), sanitize(about)]) : first
    },
  }
}
