import test from 'ava'
import * as fc from 'fast-check'
import type { LayerEntry } from '../layers/entry.ts'
import { analyzeLayers } from './analyze-layers.ts'
import { file, layer, whiteout } from './testing/layers.ts'

type Change = { readonly kind: 'write'; readonly size: number } | { readonly kind: 'delete' }

/** Layers of changes to single files; a name is deleted only where it is there. */
const stacks = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), change()), { minLength: 1, maxLength: 6 })

function change(): fc.Arbitrary<Change> {
  const write = fc.integer({ min: 0, max: 5000 }).map((size): Change => ({ kind: 'write', size }))
  return fc.oneof(write, fc.constant<Change>({ kind: 'delete' }))
}

interface PublishedFigures {
  readonly efficiency: number
  /** All sizes of the paths that come at least twice. */
  readonly repeated: number
}

/**
 * The published rule, as plain as it can be: of every path the sizes that it has in the layers, 0 where it is removed; the sum of
 * the smallest by the sum of all.
 */
function publishedFigures(layers: readonly ReadonlyMap<string, Change>[]): PublishedFigures {
  const sizes = new Map<string, number[]>()
  for (const changes of layers) {
    for (const [name, made] of changes)
      sizes.set(name, [...(sizes.get(name) ?? []), made.kind === 'write' ? made.size : 0])
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  const paths = [...sizes.values()]
  const all = sum(paths.map(sum))
  return {
    efficiency: all === 0 ? 1 : sum(paths.map((path) => Math.min(...path))) / all,
    repeated: sum(paths.filter((path) => path.length > 1).map(sum)),
  }
}

/** Leaves out what deletes a name that is not there. */
function possible(stack: readonly Readonly<Record<string, Change>>[]): ReadonlyMap<string, Change>[] {
  const there = new Set<string>()
  return stack.map((changes) => {
    const kept = Object.entries(changes).filter(([name, { kind }]) => kind === 'write' || there.has(name))
    for (const [name, { kind }] of kept) {
      if (kind === 'write') there.add(name)
      else there.delete(name)
    }
    return new Map(kept)
  })
}

function entryOf([name, made]: [string, Change]): LayerEntry {
  return made.kind === 'write' ? file(name, made.size) : whiteout(name)
}

test('for files that come, change and go, efficiency and repeated bytes are as published', (t) => {
  let below = 0
  fc.assert(
    fc.property(stacks, (stack) => {
      const layers = possible(stack)
      const { totals } = analyzeLayers(layers.map((changes) => layer('', [...changes].map(entryOf))))
      const expected = publishedFigures(layers)
      if (expected.efficiency < 1) below++
      return totals.efficiency === expected.efficiency && totals.repeatedBytes === expected.repeated
    }),
    { numRuns: 300 },
  )
  t.true(below > 50)
})

/** A configuration that is overwritten, and then its folder deleted: 15000 of 20000 where a folder's deletion costs nothing. */
test('where a folder is deleted, every file in it counts as deleted', (t) => {
  const { totals } = analyzeLayers([
    layer('', [file('etc/nginx/nginx.conf', 2000), file('etc/nginx/public', 3000)]),
    layer('', [file('etc/nginx/nginx.conf', 5000), file('etc/athing', 10_000)]),
    layer('', [whiteout('etc/nginx')]),
  ])
  t.is(totals.efficiency, 10_000 / 20_000)
  t.is(totals.wastedBytes, 2000 + 5000 + 3000)
})
