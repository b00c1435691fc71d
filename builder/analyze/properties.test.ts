import test from 'ava'
import * as fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from '../layers/entry.ts'
import { compareRecords, isWithin } from '../layers/index-types.ts'
import { indexOf } from '../layers/layer-index.ts'
import { createView, type RootfsView } from '../layers/view.ts'
import { analyzeLayers } from './analyze-layers.ts'
import { layerTree } from './layer-tree.ts'
import { dir, file, hardlink, opaqueMark, symlink, whiteout } from './testing/layers.ts'
import type { LayerSource } from './types.ts'

const component = fc.constantFrom('a', 'b', 'c', 'a.b', '.git', 'tmp')
const path = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))

const entry = fc
  .record({
    path,
    kind: fc.constantFrom('file', 'file', 'file', 'dir', 'opaque', 'symlink', 'whiteout', 'mark'),
    size: fc.integer({ min: 0, max: 9000 }),
    content: fc.constantFrom('x', 'y'),
    uid: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ path, kind, size, content, uid }): LayerEntry => {
    switch (kind) {
      case 'dir':
        return dir(path, { uid })
      case 'opaque':
        return dir(path, { opaque: true })
      case 'symlink':
        return symlink(path, 'nowhere')
      case 'whiteout':
        return whiteout(path)
      case 'mark':
        return opaqueMark(path)
      default:
        return file(path, size, { content: `${content} ${size}`, uid })
    }
  })

/** Records that can be one layer, all directories with entries; some files get a second name behind them. */
const records = fc
  .tuple(fc.array(entry, { maxLength: 25 }), fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }))
  .map(([entries, links]) => {
    const sorted = [...new Map(entries.map((e) => [`${e.type === 'whiteout'} ${e.path}`, e])).values()].sort(
      compareRecords,
    )
    const kept: LayerEntry[] = []
    for (const next of sorted) {
      const blocked = kept.some(
        (e) => e.path !== next.path && e.type !== 'dir' && e.type !== 'whiteout' && isWithin(e.path, next.path),
      )
      const double = kept.some((e) => e.path === next.path && (e.opaque || next.opaque))
      if (!blocked && !double) kept.push(next)
    }
    const paths = new Set(kept.map((e) => e.path))
    for (const { path } of kept) {
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
        const above = path.slice(0, at)
        const known = kept.some((e) => e.path === above && (e.type !== 'whiteout' || e.opaque))
        if (known && paths.has(above)) continue
        paths.add(above)
        kept.push(dir(above))
      }
    }
    const files = kept.filter((e) => e.type === 'file')
    for (const [i, { path }] of files.entries())
      if (links[i] === true && !paths.has(`${path}z`)) kept.push(hardlink(`${path}z`, path))
    return kept.sort(compareRecords)
  })

/** Stacks whose layers fit those below them: no mark or file of one lies inside a file of another. */
const stack = fc.array(records, { maxLength: 5 }).filter(fits)

function sourceOf(records: readonly LayerEntry[], number: number): LayerSource {
  return { diffID: digestOf(String(number)), text: 'RUN x', inBase: number === 0, index: indexOf(records) }
}

function viewOf(layers: readonly LayerSource[]): RootfsView {
  return createView(layers.map(({ diffID, index }) => ({ diffID, index, bytes: { kind: 'tar', file: '' } })))
}

function fits(stack: readonly (readonly LayerEntry[])[]): boolean {
  const view = viewOf(stack.map(sourceOf))
  try {
    return stack.every((_, layer) => view.placed(layer) === view.layers[layer]?.index)
  } catch (error) {
    if (isIbuildError(error, 'LAYER_INVALID')) return false
    throw error
  }
}

/** Bytes that can be seen, from the view: each content once, whatever its names. */
function visibleBytes(layers: readonly LayerSource[]): number {
  const view = viewOf(layers)
  const seen = new Map<string, number>()
  for (const { path } of view.walk('')) {
    const origin = view.origin(path)
    if (origin?.entry.type === 'file') seen.set(`${origin.layer} ${origin.entry.path}`, origin.entry.size)
  }
  return [...seen.values()].reduce((sum, size) => sum + size, 0)
}

const runs = { numRuns: 400 }

test('what is not wasted is what the view of the layers shows', (t) => {
  let wasted = 0
  fc.assert(
    fc.property(stack, (made) => {
      const layers = made.map(sourceOf)
      const { totals } = analyzeLayers(layers)
      wasted += totals.wastedBytes
      return totals.bytes - totals.wastedBytes === visibleBytes(layers)
    }),
    runs,
  )
  t.true(wasted > 100_000, 'the stacks waste something')
})

test('shares are shares, and totals are the sums of the layers and of the findings', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(stack, (made) => {
        const layers = made.map(sourceOf)
        const { totals, own, layers: reports, findings } = analyzeLayers(layers)
        const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
          items.reduce((all, item) => all + value(item), 0)
        const hidden = sum(reports, (r) => r.hidden.deleted + r.hidden.duplicated + r.hidden.overwritten)
        return (
          totals.efficiency >= 0 &&
          totals.efficiency <= 1 &&
          totals.wastedPercent >= 0 &&
          totals.wastedPercent <= 100 &&
          own.wastedPercent >= 0 &&
          own.wastedPercent <= 100 &&
          own.wastedBytes <= totals.wastedBytes &&
          own.bytes <= totals.bytes &&
          totals.bytes === sum(reports, (r) => r.bytes) &&
          totals.bytes === sum(layers, (l) => l.index.totals.bytes) &&
          totals.files === sum(layers, (l) => l.index.totals.files) &&
          totals.wastedBytes === hidden &&
          totals.wastedBytes === sum(reports, (r) => r.hides) &&
          totals.wastedBytes ===
            sum(
              findings.filter((f) => f.wasted),
              (f) => f.bytes,
            )
        )
      }),
      runs,
    ),
  )
})

test('one layer alone wastes nothing, and nothing on top changes nothing', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(records, stack, (alone, made) => {
        const layers = made.map(sourceOf)
        const { totals } = analyzeLayers([sourceOf(alone, 0)])
        if (totals.wastedBytes !== 0 || totals.efficiency !== 1) return false
        const more = analyzeLayers([...layers, sourceOf([], layers.length)])
        return JSON.stringify(more.totals) === JSON.stringify(analyzeLayers(layers).totals)
      }),
      { numRuns: 150 },
    ),
  )
})

test('the bytes of a tree are those of the layer, however deep it is shown', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(stack, fc.integer({ min: 1, max: 4 }), (made, depth) => {
        const layers = made.map(sourceOf)
        return layers.every(({ index }, layer) => {
          const tree = layerTree(
            layers.map((source) => source.index),
            { layer, depth, most: 10 },
          )
          const roots = tree.nodes.filter((node) => node.depth === 1)
          const listed = roots.reduce((sum, { bytes }) => sum + bytes, 0)
          return tree.bytes === index.totals.bytes && (tree.nodes.length === 10 || listed === tree.bytes)
        })
      }),
      { numRuns: 150 },
    ),
  )
})
