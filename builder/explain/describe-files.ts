import type { FileChange, SourceChanges } from './compare-listings.ts'
import { showValue } from './show-value.ts'

/** The ignore file, when it changed since the record was made. */
export interface IgnoreChange {
  readonly name: string
  readonly change: 'changed' | 'added' | 'removed'
}

/** What changed in the files of a source: `content of a.txt changed`, `3 files changed, first: b.txt added`. */
export function describeFiles(
  source: string,
  { files: changes, fileCount }: SourceChanges,
  ignore: IgnoreChange | undefined,
): string {
  const [first] = changes
  if (first === undefined) return `content of ${source} changed`
  const text = describeFile(source, first)
  const all = fileCount === 1 ? text : `${fileCount} files ${verbOf(changes)}, first: ${text}`
  return isIgnoring(changes) && ignore !== undefined ? `${all} (${ignore.name} ${ignoreVerb(ignore)})` : all
}

/** `source` as named in the Dockerfile. */
export function describeFile(source: string, { path, change, before, after }: FileChange): string {
  const prefix = source === '.' ? '' : `${source}/`
  const name = path === '' ? source : `${prefix}${path}`
  switch (change) {
    case 'added':
    case 'removed':
      return `${name} ${change}`
    case 'content':
    case 'names':
    case 'attributes':
      return `${change === 'names' ? 'hard links' : change} of ${name} changed`
    default:
      return `${change} of ${name} ${showValue(before ?? '')} -> ${showValue(after ?? '')}`
  }
}

function verbOf(changes: readonly FileChange[]): string {
  const kinds = new Set(changes.map(({ change }) => change))
  if (kinds.size === 1 && kinds.has('added')) return 'added'
  return kinds.size === 1 && kinds.has('removed') ? 'removed' : 'changed'
}

/** An ignore file makes files appear and vanish, nothing else. */
function isIgnoring(changes: readonly FileChange[]): boolean {
  return changes.every(({ change }) => change === 'added' || change === 'removed')
}

function ignoreVerb({ change }: IgnoreChange): string {
  return change === 'changed' ? 'changed' : `was ${change}`
}
