import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { markdownTable, ratioText, verdict } from './markdown.ts'
import { median, type Times } from './measure.ts'
import type { Limit, Row } from './rows.ts'

/** What was measured of one row. */
export interface Result {
  readonly row: Row
  readonly times: Times
  /** Largest memory of ours, MiB. */
  readonly memory: number | undefined
  /** Contender to version. */
  readonly versions: ReadonlyMap<string, string>
}

/** The table of one row, in Markdown. */
export function table({ row, times, versions }: Result): string {
  const lines = [...times].map(([name, seconds]) => {
    const ratios = ratiosTo(times.get(row.reference), seconds)
    const figures = [
      median(seconds).toFixed(3),
      Math.min(...seconds).toFixed(3),
      ratioText(ratios.median),
      ratioText(ratios.best),
    ]
    const limit = row.must.get(name)
    return [
      name,
      versions.get(name) ?? '',
      ...figures,
      limit === undefined ? '' : must(limit, { ratios, times, seconds }),
    ]
  })
  const titles = [
    'builder',
    'version',
    'median s',
    'fastest s',
    `median to ${row.reference}`,
    `fastest to ${row.reference}`,
    'must',
  ]
  return markdownTable({ row, titles, lines })
}

interface Ratios {
  readonly median: number
  readonly best: number
}

function ratiosTo(others: readonly number[] = [], own: readonly number[]): Ratios {
  return { median: median(own) / median(others), best: Math.min(...own) / Math.min(...others) }
}

interface Measured extends Pick<Result, 'times'> {
  readonly seconds: readonly number[]
  /** To the reference of the row. */
  readonly ratios: Ratios
}

/** A limit to another contender shows its ratios too: they are in no column. */
function must({ ratio, to }: Limit, { seconds, times, ratios }: Measured): string {
  const isReached = (value: number): boolean => value <= ratio
  if (to === undefined) return `<= ${ratio.toFixed(2)}: ${verdict(ratios, isReached)}`
  const others = ratiosTo(times.get(to), seconds)
  const shown = Number.isFinite(others.median)
    ? `, is ${ratioText(others.median)}, fastest ${ratioText(others.best)}`
    : ''
  return `<= ${ratio.toFixed(2)} to ${to}${shown}: ${verdict(others, isReached)}`
}

const file = join(import.meta.dirname, '../docs/benchmarks.md')

/** Replaces the section of the row measured in docs/benchmarks.md; the others, and what is said before them all, stay as they are. */
export function writeReport(result: Result): void {
  writeSection(result.row.name, `${table(result)}\n\n${memoryOf(result)}${circumstances(roundsOf(result))}`)
}

/** Puts the text of a row, which begins with its heading, into docs/benchmarks.md: rows of builders first, then registries. */
export function writeSection(name: string, text: string): void {
  const [head = '', ...old] = readFileSync(file, 'utf8').split(/^(?=## )/m)
  const sections = new Map(old.map((section) => [heading(section), section.trim()]))
  sections.set(name, text)
  const sorted = [...sections].sort(([a], [b]) => inOrder(a, b)).map(([, section]) => section)
  writeFileSync(file, `${[head, ...sorted].join('\n').replaceAll(/\n+(?=## )/g, '\n\n')}\n`)
}

function heading(section: string): string {
  return /^## (\w+)/.exec(section)?.[1] ?? ''
}

function inOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function roundsOf({ times }: Result): number {
  return [...times.values()][0]?.length ?? 0
}

function memoryOf({ row, memory }: Result): string {
  return memory === undefined ? '' : `Largest memory of ibuild: ${memory} MiB (must: ${row.memory}).\n\n`
}

/** When and where something was measured. */
export function circumstances(rounds: number): string {
  const installed = Math.round(totalmem() / 2 ** 30)
  const date = new Date().toISOString().slice(0, 10)
  const load = loadavg()[1]?.toFixed(1)
  return `${date}, ${rounds} rounds, ${cpus().length} cores, ${installed} GiB, Linux ${release()}, load of five minutes ${load}.`
}
