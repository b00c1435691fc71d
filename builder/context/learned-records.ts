import type { LayerPath } from '../layers/entry.ts'
import type { HashRecord } from './hash-block.ts'
import type { NodeTable } from './node-table.ts'

/** How many paths have something that this build learned and the next one can trust. */
export function countLearned(nodes: NodeTable): number {
  let count = 0
  for (let number = 0; number < nodes.paths.size; number++) if (nodes.isLearned(number)) count++
  return count
}

/** What this build learned and the next one can trust, in the order of `compareMet`. Valid one by one. */
export function* learnedRecords(nodes: NodeTable): Generator<HashRecord> {
  for (const number of nodes.paths.byDirectory()) if (nodes.isLearned(number)) yield nodes.record(number)
}

/** True when what was remembered of a path does not hold any more: it was learned anew, or its directory has it no more. */
export function isOutdated(nodes: NodeTable, path: LayerPath): boolean {
  const known = nodes.paths.find(path)
  if (known >= 0 && nodes.isNew(known)) return true
  let number = 0
  for (const name of path.split('/')) {
    const inner = nodes.paths.find(name, number)
    if (nodes.lists.has(number) && (inner < 0 || !nodes.isNamed(inner))) return true
    if (inner < 0) return false
    number = inner
  }
  return false
}
