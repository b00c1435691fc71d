import type { PlannedItem } from '../../../retention/run/types.ts'
import { terminalWidth } from '../terminal-width.ts'
import { decisionTable } from './decision-lines.ts'

/** What a plan would remove, as a table; nothing when that is nothing. */
export async function* plannedLines(
  items: AsyncIterable<PlannedItem>,
  { trunc }: { readonly trunc: boolean },
): AsyncGenerator<string> {
  const table = decisionTable({ now: Date.now(), trunc, why: false, width: terminalWidth() })
  let isFirst = true
  for await (const item of items) {
    if (isFirst) yield table.heading
    isFirst = false
    yield table.line({ item, verdict: 'delete', reason: item.reason, about: item.about })
  }
}
