import { bytesOf } from '../context/byte-text.ts'
import { goMatch, hasWildcard } from '../context/go-match.ts'
import { joinPath, type LayerPath } from '../layers/entry.ts'
import { resolvePath } from '../layers/resolve.ts'
import type { FileTree } from '../layers/tree.ts'

/** A word of COPY or ADD as a path of the source: cleaned, `..` stops at the root (1.9 C03). */
export function sourcePath(word: string): LayerPath {
  const parts: string[] = []
  for (const part of bytesOf(word).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** What of a cleaned word stands before its first component with a wildcard; all of it when there is none. */
export function literalPrefix(path: LayerPath): LayerPath {
  const parts = path.split('/')
  const first = parts.findIndex(hasWildcard)
  return first < 0 ? path : parts.slice(0, first).join('/')
}

/**
 * The paths that a cleaned word names: itself, or all that its wildcards match, in order. A directory that matches stands
 * for what lies in it, which is not matched again. Links before the first wildcard are followed. Throws BadPattern.
 */
export function expandWildcards(source: FileTree, path: LayerPath): readonly LayerPath[] {
  const literal = literalPrefix(path)
  if (literal === path) return [path]
  const base = resolvePath(source, literal, { followLast: true }).path
  const matches: LayerPath[] = []
  const pattern = literal === '' ? path : path.slice(literal.length + 1)
  goMatch(pattern, '')
  collect(source, { base, pattern, depth: pattern.split('/').length }, '', matches)
  return matches
}

interface Walk {
  readonly base: LayerPath
  readonly pattern: string
  /** Components of the pattern. */
  readonly depth: number
}

function collect(source: FileTree, walk: Walk, relative: string, matches: LayerPath[]): void {
  for (const name of source.list(below(walk.base, relative))) {
    const path = joinPath(relative, name)
    if (goMatch(walk.pattern, path)) matches.push(joinPath(walk.base, path))
    else if (mayGoDeeper(walk, path)) collect(source, walk, path, matches)
  }
}

/** Classes such as `[^a]` can match a slash; without one a match has as many components as its pattern. */
function mayGoDeeper({ pattern, depth }: Walk, path: string): boolean {
  return pattern.includes('[') || path.split('/').length < depth
}

function below(base: LayerPath, relative: LayerPath): LayerPath {
  return relative === '' ? base : joinPath(base, relative)
}
