import { type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import { indexInvalid } from './index-bytes.ts'
import { compareRecords, isOpaqueMark, isWithin, type LayerTotals } from './index-types.ts'

/** What an index stores beside its records. */
export interface LayerSummary {
  readonly totals: LayerTotals
  readonly implicitDirs: readonly LayerPath[]
  readonly foreignLinks: readonly LayerPath[]
  readonly linkTargets: readonly LayerPath[]
}

/**
 * One pass over sorted records. INDEX_INVALID when they are not in order, a path is double, or something lies inside an
 * entry that is no directory.
 */
export function summarize(records: readonly LayerEntry[]): LayerSummary {
  const implicit: LayerPath[] = []
  const links = new Set<LayerPath>()
  const totals = { entries: records.length, files: 0, bytes: 0, whiteouts: 0 }
  let previous: LayerEntry | undefined
  // The directories, explicit or implicit, that the current record lies in; innermost last.
  const open: LayerPath[] = ['']
  for (const record of records) {
    if (previous !== undefined) checkOrder(previous, record)
    enter(open, implicit, isOpaqueMark(record) ? record.path : parentOf(record.path))
    if (record.type === 'dir') open.push(record.path)
    if (record.type === 'hardlink') links.add(record.linkname)
    count(totals, record)
    previous = record
  }
  return { totals, implicitDirs: implicit, ...splitLinks(records, links) }
}

function checkOrder(previous: LayerEntry, record: LayerEntry): void {
  if (compareRecords(previous, record) >= 0) throw indexInvalid(`${shown(record.path)} is double or out of order`)
  if (previous.path === record.path && isOpaqueMark(previous)) {
    throw indexInvalid(`${shown(record.path)} has an entry and a separate opaque mark`)
  }
  const inside = previous.path !== record.path && isWithin(previous.path, record.path)
  if (inside && previous.type !== 'dir' && previous.type !== 'whiteout') {
    throw indexInvalid(`${shown(record.path)} lies inside something that is no directory`)
  }
}

function enter(open: LayerPath[], implicit: LayerPath[], directory: LayerPath): void {
  while (!isWithin(open.at(-1) ?? '', directory)) open.pop()
  const known = open.at(-1) ?? ''
  if (known === directory) return
  for (let slash = directory.indexOf('/', known.length + 1); ; slash = directory.indexOf('/', slash + 1)) {
    const path = slash < 0 ? directory : directory.slice(0, slash)
    implicit.push(path)
    open.push(path)
    if (slash < 0) return
  }
}

function count(totals: { files: number; bytes: number; whiteouts: number }, record: LayerEntry): void {
  if (record.type === 'whiteout') totals.whiteouts++
  if (record.type !== 'file') return
  totals.files++
  totals.bytes += record.size
}

function splitLinks(
  records: readonly LayerEntry[],
  links: Set<LayerPath>,
): Pick<LayerSummary, 'foreignLinks' | 'linkTargets'> {
  if (links.size === 0) return { foreignLinks: [], linkTargets: [] }
  const linkTargets = records.filter((r) => r.type !== 'whiteout' && links.has(r.path)).map((r) => r.path)
  const own = new Set(linkTargets)
  // Records are in order, so linkTargets are; the foreign ones are few.
  const foreignLinks = [...links].filter((path) => !own.has(path)).sort(byPath)
  return { foreignLinks, linkTargets }
}

function byPath(a: LayerPath, b: LayerPath): number {
  return a < b ? -1 : 1
}

function shown(path: LayerPath): string {
  return JSON.stringify(path.slice(0, 200))
}
