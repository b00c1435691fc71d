import test from 'ava'
import { mergeHistory } from './merge-stack.ts'

/** `L` is an entry of a layer, `-` one without. */
function history(pattern: string) {
  return pattern.split('').map((sign, i) => ({ created_by: `${i}`, ...(sign === '-' && { empty_layer: true }) }))
}

function patternOf(entries: ReturnType<typeof mergeHistory>): string {
  return entries.map((entry) => (entry.empty_layer === true ? '-' : 'L')).join('')
}

const rows: readonly [before: string, groups: readonly number[], after: string][] = [
  ['LLL', [1, 1, 1], 'LLL'],
  ['LLL', [3], '--L'],
  ['LLL', [1, 2], 'L-L'],
  ['LLL', [2, 1], '-LL'],
  ['L-L-L-', [2, 1], '--L-L-'],
  ['L-L-L-', [1, 2], 'L---L-'],
  ['---', [], '---'],
  ['LLLL', [2], '---L'],
]

for (const [before, groups, after] of rows) {
  test(`the history ${before} with groups of ${groups.join(' ')} is ${after}`, (t) => {
    const merged = mergeHistory(history(before), groups)
    t.is(patternOf(merged), after)
    t.deepEqual(
      merged.map((entry) => entry.created_by),
      history(before).map((entry) => entry.created_by),
    )
  })
}
