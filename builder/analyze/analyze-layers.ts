import type { LayerIndex } from '../layers/index-types.ts'
import { cacheRuleOf } from './cache-rules.ts'
import { versionsOf } from './fates.ts'
import { cacheFinding, compareFindings, hiddenFinding, identicalFinding } from './findings.ts'
import { IdenticalFinder } from './identical-files.ts'
import { OtherNames } from './other-names.ts'
import type { PathOutcome } from './path-outcome.ts'
import type { Finding, LayerReport, LayerSource, OwnTotals, WasteReport } from './types.ts'
import { walkPaths } from './walk-paths.ts'
import { percentOf, WasteTally } from './waste-tally.ts'

/** Findings that a report lists at most. */
const mostFindings = 500
const mostIdentical = 50

/**
 * What a stack of layers wastes, from their indexes alone, the base first. One pass over all records; memory does not grow with
 * their number. INDEX_INVALID when an index is damaged.
 */
export function analyzeLayers(layers: readonly LayerSource[]): WasteReport {
  const indexes = layers.map(({ index }) => index)
  const ownFrom = layers.filter(({ inBase }) => inBase).length
  const tally = new WasteTally(layers.length, ownFrom)
  const identical = new IdenticalFinder(indexes.reduce((sum, { totals }) => sum + totals.files, 0))
  addPaths(indexes, tally, identical)
  const findings = findingsOf(layers, tally, identical)
  return {
    layers: layers.map((source, i) => layerReport(source, i, tally)),
    totals: tally.totals,
    own: ownTotals(tally, layers.length, ownFrom),
    findings: findings.slice(0, mostFindings),
    secrets: tally.secrets,
    complete: tally.complete && identical.complete && findings.length <= mostFindings,
  }
}

/** Goes through all paths once. */
function addPaths(indexes: readonly LayerIndex[], tally: WasteTally, identical: IdenticalFinder): void {
  const names = new OtherNames(indexes)
  const files = indexes.map(() => 0)
  for (const { path, records, hiders, mark } of walkPaths(indexes, { rootMark: -1, markOf: cacheRuleOf })) {
    for (const { layer, entry } of records) if (entry.type === 'whiteout') tally.countWhiteout(layer)
    const outcome: PathOutcome = { path, rule: mark, versions: versionsOf(records, hiders) }
    for (const { layer, entry, hiding } of outcome.versions) {
      if (entry.type !== 'file') continue
      const ordinal = files[layer] ?? 0
      files[layer] = ordinal + 1
      if (hiding === undefined) identical.add(entry, layer, ordinal)
    }
    if (names.pass(outcome)) tally.add(outcome)
  }
  for (const { outcome, seen } of names.release()) tally.add(outcome, seen)
}

/** All findings, the most bytes first. */
function findingsOf(layers: readonly LayerSource[], tally: WasteTally, identical: IdenticalFinder): Finding[] {
  const copies = identical.largest(
    layers.map(({ index }) => index),
    mostIdentical,
  )
  return [
    ...[...tally.hidden.values()].map((group) => hiddenFinding(layers, group)),
    ...[...tally.caches.values()].map((group) => cacheFinding(layers, group)),
    ...copies.map((found) => identicalFinding(layers, found)),
  ]
    .filter(({ bytes }) => bytes > 0)
    .sort(compareFindings)
}

function layerReport(source: LayerSource, at: number, tally: WasteTally): LayerReport {
  const sums = tally.layers[at]
  if (sums === undefined) throw new RangeError(`no layer ${at}`)
  const { files, whiteouts, bytes, hidden, hides } = sums
  return { number: at + 1, source, files, whiteouts, bytes, hidden: { ...hidden }, hides }
}

/** What the layers above the base answer for: their own bytes and those of the base that they hide. */
function ownTotals(tally: WasteTally, layers: number, ownFrom: number): OwnTotals {
  const own = tally.layers.slice(ownFrom, layers)
  const bytes = own.reduce((sum, layer) => sum + layer.bytes, 0) + tally.hiddenBase
  const wastedBytes = own.reduce((sum, layer) => sum + layer.hides, 0)
  return { bytes, wastedBytes, wastedPercent: percentOf(wastedBytes, bytes) }
}
