import { fit } from './fit.ts'
import { seconds } from './plain.ts'

/** A step that runs, as the live view shows it. All texts are sanitized. */
export interface LiveStep {
  readonly title: string
  /** Milliseconds since it began. */
  readonly elapsed: number
  /** The last lines that it wrote, the newest last. */
  readonly tail: readonly string[]
}

export interface Screen {
  readonly columns: number
  readonly rows: number
}

/** Most lines of output shown below a running step. */
export const tailLength = 5

/**
 * The lines of the live view: each step that runs with the end of its output. They always fit on the screen, with a row to
 * spare for the cursor: when there are many steps first the output goes, then the last steps are only counted.
 */
export function liveLines(steps: readonly LiveStep[], { columns, rows }: Screen): string[] {
  const room = Math.max(1, rows - 1)
  const shown = steps.length <= room ? steps : steps.slice(0, room - 1)
  const tail = Math.min(tailLength, Math.floor(room / steps.length) - 1)
  const lines = shown.flatMap((step) => stepLines(step, Math.max(0, tail), columns))
  const hidden = steps.length - shown.length
  return hidden === 0 ? lines : [...lines, fit(` > and ${hidden} more steps`, '', columns)]
}

function stepLines({ title, elapsed, tail }: LiveStep, count: number, columns: number): string[] {
  const output = count === 0 ? [] : tail.filter((line) => line.trim() !== '').slice(-count)
  return [
    fit(` > ${title}`, `  ${seconds(elapsed)}`, columns),
    ...output.map((line) => fit(`   | ${line}`, '', columns)),
  ]
}
