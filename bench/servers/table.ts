import { markdownTable, ratioText, verdict } from '../markdown.ts'
import { median } from '../measure.ts'
import type { Figure } from './row.ts'
import type { ServerResult } from './run.ts'

/** The table of one row, in Markdown. */
export function serverTable({ row, reference, values, versions }: ServerResult): string {
  const lines = row.figures.flatMap((figure, i) => {
    const base = values.get(reference)?.[i] ?? []
    return [...values].map(([name, rounds]) => {
      const own = rounds[i] ?? []
      const ratios = ratiosOf(own, base, figure)
      return [
        figure.title,
        name,
        versions.get(name) ?? '',
        shown(median(own), figure),
        shown(best(own, figure), figure),
        ratioText(ratios.median),
        ratioText(ratios.best),
        name === 'ibuild' ? must(figure, own, ratios) : '',
      ]
    })
  })
  const titles = [
    'figure',
    'server',
    'version',
    'median',
    'best',
    `median to ${reference}`,
    `best to ${reference}`,
    'must',
  ]
  return markdownTable({ row, titles, lines })
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

function must(figure: Figure, own: readonly number[], ratios: Ratios): string {
  const { better, ratio, value, unit } = figure
  const sign = better === 'more' ? '>=' : '<='
  const verdictFor = (got: Ratios, limit: number): string =>
    verdict(got, (one) => (better === 'more' ? one >= limit : one <= limit))
  if (value !== undefined)
    return `${sign} ${value} ${unit}: ${verdictFor({ median: median(own), best: best(own, figure) }, value)}`
  if (ratio !== undefined) return `${sign} ${ratio.toFixed(2)} x: ${verdictFor(ratios, ratio)}`
  return ''
}
