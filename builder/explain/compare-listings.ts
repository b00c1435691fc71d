import { textOf } from '../context/byte-text.ts'
import { type ListedEntry, parseListing } from '../copy/listing.ts'
import { comparePaths } from '../layers/entry.ts'

/** What became of one path of a source. */
export interface FileChange {
  /** Relative to the source, as text; empty for the source itself. */
  readonly path: string
  readonly change:
    | 'added'
    | 'removed'
    | 'type'
    | 'content'
    | 'link target'
    | 'device'
    | 'mode'
    | 'owner'
    | 'names'
    | 'attributes'
  readonly before?: string
  readonly after?: string
}

/** What changed in a source. */
export interface SourceChanges {
  /** In order; when they are many the first, and the first of each kind that is not among these. */
  readonly files: readonly FileChange[]
  /** How many there are. */
  readonly fileCount: number
}

/** So many changes are kept, and those of further kinds. */
const keptChanges = 1000

/**
 * The paths in which two listings differ; of one path the most important difference. Listings are texts in pieces, of
 * which the first has the beginning whole; they are read side by side, however long.
 */
export function compareListings(before: Iterable<string>, after: Iterable<string>): SourceChanges {
  const files: FileChange[] = []
  const kinds = new Set<string>()
  let fileCount = 0
  for (const [earlier, entry] of sideBySide(parseListing(before), parseListing(after))) {
    const change = changeOf(earlier, entry)
    if (change === undefined) continue
    fileCount++
    if (files.length >= keptChanges && kinds.has(change.change)) continue
    kinds.add(change.change)
    files.push(asText(change))
  }
  return { files, fileCount }
}

function* sideBySide(
  before: Iterator<ListedEntry>,
  after: Iterator<ListedEntry>,
): Generator<readonly [ListedEntry | undefined, ListedEntry | undefined]> {
  const next = (entries: Iterator<ListedEntry>): ListedEntry | undefined => entries.next().value
  let [old, now] = [next(before), next(after)]
  while (old !== undefined || now !== undefined) {
    const order = old === undefined ? 1 : now === undefined ? -1 : comparePaths(old.path, now.path)
    yield [order <= 0 ? old : undefined, order >= 0 ? now : undefined]
    if (order <= 0) old = next(before)
    if (order >= 0) now = next(after)
  }
}

function changeOf(before: ListedEntry | undefined, after: ListedEntry | undefined): FileChange | undefined {
  if (after !== undefined) {
    return before === undefined ? { path: after.path, change: 'added' } : differenceOf(before, after)
  }
  return before && { path: before.path, change: 'removed' }
}

function differenceOf(before: ListedEntry, after: ListedEntry): FileChange | undefined {
  const { path } = after
  if (before.type !== after.type) return { path, change: 'type', before: before.type, after: after.type }
  if (before.content !== after.content) {
    if (after.type !== 'symlink') return { path, change: 'content' }
    return { path, change: 'link target', before: before.content, after: after.content }
  }
  if (before.device !== after.device) return { path, change: 'device', before: before.device, after: after.device }
  if (differ(before.mode, after.mode))
    return { path, change: 'mode', before: octal(before.mode), after: octal(after.mode) }
  if (differ(before.owner, after.owner)) return { path, change: 'owner', before: before.owner, after: after.owner }
  if (before.attributes !== after.attributes) return { path, change: 'attributes' }
  return before.link === after.link ? undefined : { path, change: 'names' }
}

/** A field that one of the two listings leaves out tells nothing about the file. */
function differ(before: string, after: string): boolean {
  return before !== '' && after !== '' && before !== after
}

function octal(mode: string): string {
  return mode.padStart(4, '0')
}

/** Paths and link targets are bytes in listings. */
function asText({ path, change, before, after }: FileChange): FileChange {
  return {
    path: textOf(path),
    change,
    ...(before !== undefined && { before: textOf(before) }),
    ...(after !== undefined && { after: textOf(after) }),
  }
}
