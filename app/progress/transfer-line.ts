import { formatSize } from '../cli/sizes.ts'
import { fit } from './fit.ts'
import type { RunningTransfer } from './follow-transfer.ts'

const barWidth = 24

/** One line of the live view with a bar, as far as the total is known. */
export function transferLine({ title, total, done }: RunningTransfer, columns: number): string {
  const moved = total === undefined ? formatSize(done) : `${formatSize(done)} / ${formatSize(total)}`
  const bar = total === undefined || total === 0 || columns < 60 ? '' : `  ${barOf(done / total)}`
  return fit(` > ${title}`, `${bar}  ${moved}`, columns)
}

function barOf(part: number): string {
  const filled = Math.max(0, Math.min(barWidth, Math.floor(part * barWidth)))
  return `[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}]`
}
