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

/** The paths in which two listings differ, in order; of one path the most important difference. */
export function compareListings(before: string, after: string): FileChange[] {
  const old = new Map(parseListing(before).map((entry) => [entry.path, entry]))
  const changes: FileChange[] = []
  for (const entry of parseListing(after)) {
    const earlier = old.get(entry.path)
    old.delete(entry.path)
    const change =
      earlier === undefined ? ({ path: entry.path, change: 'added' } as const) : differenceOf(earlier, entry)
    if (change !== undefined) changes.push(change)
  }
  for (const path of old.keys()) changes.push({ path, change: 'removed' })
  return changes.sort((a, b) => comparePaths(a.path, b.path)).map(asText)
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
