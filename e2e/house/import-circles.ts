import { edgesOf } from './import-graph.ts'
import type { Source } from './read-source.ts'

type Graph = ReadonlyMap<string, readonly string[]>

/**
 * Files that import each other, directly or through others: of those that hang together one chain, which ends where it begins. An
 * import of types alone counts, because such files can only be understood together. A URL of a file does not.
 */
export function importCircles(sources: readonly Source[]): readonly string[] {
  const graph = withoutLeaves(graphOf(sources))
  const seen = new Set<string>()
  return [...graph.keys()].flatMap((path) => {
    const circle = seen.has(path) ? undefined : shortestCircle(path, graph)
    for (const file of circle ?? []) seen.add(file)
    return circle === undefined ? [] : [[...circle, path].join(' -> ')]
  })
}

function graphOf(sources: readonly Source[]): Graph {
  const imports = new Map<string, string[]>(sources.map(({ path }) => [path, []]))
  for (const { from, to, kind } of edgesOf(sources)) {
    if (kind !== 'url' && imports.has(to)) imports.get(from)?.push(to)
  }
  return imports
}

/** What is left when files that import nothing that is left are struck, again and again: nothing, where there is no circle. */
function withoutLeaves(graph: Graph): Graph {
  const left = new Map(graph)
  for (let before = Number.POSITIVE_INFINITY; left.size < before; ) {
    before = left.size
    for (const [path, imports] of left) if (!imports.some((to) => left.has(to))) left.delete(path)
  }
  return left
}

/** From a file back to it, without its end; undefined when no import leads back. */
function shortestCircle(path: string, graph: Graph): readonly string[] | undefined {
  const before = new Map<string, string>()
  const reached = [path]
  for (const at of reached) {
    for (const to of graph.get(at) ?? []) {
      if (to === path) return chainTo(at, before)
      if (before.has(to)) continue
      before.set(to, at)
      reached.push(to)
    }
  }
  return undefined
}

function chainTo(end: string, before: ReadonlyMap<string, string>): readonly string[] {
  const files = [end]
  for (let at = before.get(end); at !== undefined; at = before.get(at)) files.unshift(at)
  return files
}
