import test from 'ava'
import { compareEntries } from '../../builder/container/compare-entries.ts'
import { type Change, diffViews } from '../../builder/container/diff-views.ts'
import { comparePaths, type LayerEntry, parentOf } from '../../builder/layers/entry.ts'
import { createView, type RootfsView } from '../../builder/layers/view.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { makeStacks } from '../layers/overlays.ts'

test('what the layers of random stacks change is what a comparison of the whole trees finds', async (t) => {
  let told = 0
  for (const { view, seed } of await makeStacks(t, 7101)) {
    for (let low = 0; low <= view.layers.length; low++) {
      for (let high = 0; high <= view.layers.length; high++) {
        const [a, b] = [view.below(low), view.below(high)]
        for (const times of [false, true]) {
          const lines = [...diffViews(a, b, { times })].map(toLine)
          t.deepEqual(lines, plainDiff(a, b, times), `stack ${seed}, ${low} and ${high} layers`)
          told += lines.length
        }
      }
    }
  }
  t.true(told > 500, `${told} changes`)
})

test('two stacks that share nothing are told apart', async (t) => {
  const made = await makeStacks(t, 7201)
  for (const [i, { view, seed }] of made.entries()) {
    const other = made[(i + 1) % made.length]?.view ?? view
    t.deepEqual([...diffViews(view, other)].map(toLine), plainDiff(view, other, false), `stack ${seed}`)
    t.deepEqual([...diffViews(view, view)], [], `stack ${seed} with itself`)
  }
})

test('the same layers on another base are looked into where the base shows through', async (t) => {
  const made = await makeStacks(t, 7201)
  let compared = 0
  for (const [i, { view, seed }] of made.entries()) {
    const [base] = made[(i + 1) % made.length]?.view.layers ?? []
    const moved = createView([...(base === undefined ? [] : [base]), ...view.layers.slice(1)])
    if (!isSound(moved)) continue
    t.deepEqual([...diffViews(view, moved)].map(toLine), plainDiff(view, moved, false), `stack ${seed}`)
    compared++
  }
  t.true(compared >= 5, `${compared} compared`)
})

/** False when a layer has a link that leads nowhere on this base, or a file in a file. */
function isSound(view: RootfsView): boolean {
  try {
    return [...view.walk()].length > 0
  } catch (error) {
    if (isIbuildError(error, 'LAYER_INVALID')) return false
    throw error
  }
}

function toLine(change: Change): string {
  const what = change.kind === 'changed' ? ` ${change.differences.join(',')}` : ''
  return `${change.kind} ${JSON.stringify(change.path)}${what}`
}

/** The same by two maps of all paths. */
function plainDiff(a: RootfsView, b: RootfsView, times: boolean): string[] {
  const [before, after] = [mapOf(a), mapOf(b)]
  const lines = new Map<string, string>()
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)]
    if (old !== undefined && now !== undefined) {
      const differences = compareEntries(old, now, { times })
      if (differences.length > 0) lines.set(path, `changed ${JSON.stringify(path)} ${differences.join(',')}`)
    } else if (now !== undefined) lines.set(path, `added ${JSON.stringify(path)}`)
    else if (after.has(parentOf(path))) lines.set(path, `deleted ${JSON.stringify(path)}`)
  }
  for (const path of lines.keys()) {
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
      if (before.has(above) && after.has(above) && !lines.has(above))
        lines.set(above, `changed ${JSON.stringify(above)} `)
    }
  }
  return [...lines].sort(([x], [y]) => comparePaths(x, y)).map(([, line]) => line)
}

function mapOf(view: RootfsView): Map<string, LayerEntry> {
  const root = view.lstat('')
  const entries = [...view.walk()].map((entry) => [entry.path, entry] as const)
  return new Map(root === undefined ? entries : [['', root], ...entries])
}
