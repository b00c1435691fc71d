import { median } from '../measure.ts'
import { type Figure, reference } from './row.ts'
import type { RegistryResult } from './run.ts'

/** The table of one row, in Markdown. */
export function registryTable({ row, values, versions }: RegistryResult): string {
  const lines = row.figures.flatMap((figure, i) => {
    const base = values.get(reference)?.[i] ?? []
    return [...values].map(([name, rounds]) => {
      const own = rounds[i] ?? []
      const ratios = ratiosOf(own, base, figure)
      const cells = [
        figure.title,
        name,
        versions.get(name) ?? '',
        shown(median(own), figure),
        shown(best(own, figure), figure),
        ratioText(ratios.median),
        ratioText(ratios.best),
        name === 'ibuild' ? must(figure, own, ratios) : '',
      ]
      return `| ${cells.join(' | ')} |`
    })
  })
  const titles = [
    'figure',
    'registry',
    'version',
    'median',
    'best',
    `median to ${reference}`,
    `best to ${reference}`,
    'must',
  ]
  return [
    `## ${row.name}: ${row.title}`,
    '',
    `| ${titles.join(' | ')} |`,
    `|${' --- |'.repeat(titles.length)}`,
    ...lines,
  ].join('\n')
}

interface Ratios {
  readonly median: number
  readonly best: number
}

function ratiosOf(own: readonly number[], base: readonly number[], figure: Figure): Ratios {
  return { median: median(own) / median(base), best: best(own, figure) / best(base, figure) }
}

function best(values: readonly number[], { better }: Figure): number {
  return better === 'more' ? Math.max(...values) : Math.min(...values)
}

function shown(value: number, { unit }: Figure): string {
  const places = unit === '1/s' || unit === 'MiB' ? (value < 100 ? 1 : 0) : 3
  return `${value.toFixed(places)} ${unit}`
}

function ratioText(ratio: number): string {
  return Number.isFinite(ratio) && ratio > 0 ? `${ratio.toFixed(2)} x` : ''
}

/** Where the median and the best round disagree about the limit, the machine was too noisy to tell. */
function must(figure: Figure, own: readonly number[], ratios: Ratios): string {
  const { better, ratio, value, unit } = figure
  const sign = better === 'more' ? '>=' : '<='
  const reaches = (got: number, limit: number): boolean => (better === 'more' ? got >= limit : got <= limit)
  const verdict = (middle: number, top: number, limit: number): string => {
    if (!Number.isFinite(middle) || !Number.isFinite(top)) return 'not compared'
    if (reaches(middle, limit) !== reaches(top, limit)) return 'too noisy to tell'
    return reaches(middle, limit) ? 'reached' : 'missed'
  }
  if (value !== undefined) return `${sign} ${value} ${unit}: ${verdict(median(own), best(own, figure), value)}`
  if (ratio !== undefined) return `${sign} ${ratio.toFixed(2)} x: ${verdict(ratios.median, ratios.best, ratio)}`
  return ''
}
