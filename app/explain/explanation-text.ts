import { describeFile } from '../../builder/explain/describe-files.ts'
import type { ComparedPart, StepExplanation } from '../../builder/explain/types.ts'
import { sanitize } from '../progress/sanitize.ts'

/** Values longer than this are cut. */
const longestValue = 120
const marks = { same: ' ', changed: '~', added: '+', removed: '-' } as const

/** What `--explain` prints: each step with all parts of its cache key beside those of the record that it was compared with. */
export function explanationText(steps: readonly StepExplanation[]): string {
  return steps.map((step) => `${[...headOf(step), ...step.parts.flatMap(partLines)].join('\n')}\n\n`).join('')
}

function headOf({ step, title, result, reason, unchanged, key, record }: StepExplanation): string[] {
  const why = reason === undefined ? '' : `: ${sanitize(reason.text)}`
  const age = record === undefined ? '' : ` of ${record.created}`
  const other = record === undefined || result === 'hit' ? '' : `, compared with ${shorten(record.key)}`
  const same = unchanged === true ? ['  its result is that of an earlier run'] : []
  return [`#${step} ${sanitize(title)}`, `  ${result}${why}`, ...same, `  key ${shorten(key)}${other}${age}`]
}

function partLines(part: ComparedPart): string[] {
  const { name, change, before, after, files = [], fileCount = files.length } = part
  const value = change === 'changed' ? changed(before, after) : shown(after ?? before)
  const source = name.replace(/^content of /, '')
  const lines = files.map((file) => `      ${sanitize(oneLine(describeFile(source, file)))}`)
  const more = fileCount > files.length ? [`      and ${fileCount - files.length} more`] : []
  return [`  ${marks[change]} ${sanitize(oneLine(name))}: ${value}`, ...lines, ...more]
}

/** Digests as short as people compare them. */
function shorten(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1')
}

/** Equal texts here differ in what is not shown. */
function changed(before: string | undefined, after: string | undefined): string {
  return before === after ? `${shown(after)} (the difference is not shown)` : `${shown(before)} -> ${shown(after)}`
}

function shown(value = ''): string {
  const text = sanitize(oneLine(shorten(value))).trim()
  if (text === '') return '(empty)'
  return text.length > longestValue ? `${text.slice(0, longestValue - 3)}...` : text
}

function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n')
}
