import { placeOf } from '../../builder/analyze/layer-words.ts'
import type { Finding, LayerReport, SecretWarning } from '../../builder/analyze/types.ts'
import { pathText } from '../cli/path-text.ts'
import { formatSize } from '../cli/sizes.ts'
import { cutText, formatTable, shortID } from '../cli/table.ts'
import { sanitize } from '../progress/sanitize.ts'
import { type Analysis, hasBase, percentText } from './analysis.ts'
import { describeFinding } from './finding-text.ts'

/** Widest text of an instruction in the table. */
const maxText = 60
const mostFindings = 12
const mostIdentical = 2
const mostSecrets = 10

/** The analysis for a person: a table of layers, what could be smaller, the sums. `layer` restricts it to one. */
export function reportText(analysis: Analysis, layer: number | undefined): string {
  const { layers, findings, secrets } = analysis.report
  const isShown = (...numbers: (number | undefined)[]): boolean => layer === undefined || numbers.includes(layer)
  const parts = [
    layerTable(layers.filter(({ number }) => isShown(number))),
    findingsText(findings.filter(({ layer: at, hiddenBy }) => isShown(at, hiddenBy))),
    secretsText(secrets.filter(({ layer: at, hiddenBy }) => isShown(at, hiddenBy))),
    sumText(analysis),
  ]
  return `${headLine(analysis)}\n\n${parts.filter((part) => part !== '').join('\n')}`
}

function headLine({ image, name, base, report }: Analysis): string {
  const { layers, totals } = report
  const from = base === undefined ? '' : `, from ${sanitize(base)}`
  const shown = name === undefined ? '' : `${sanitize(name)}  `
  return `${shown}${shortID(image.imageID)}  ${count(layers.length, 'layer')}${from}, ${count(totals.files, 'file')}, ${formatSize(totals.bytes)}`
}

function layerTable(layers: readonly LayerReport[]): string {
  const rows = layers.map(({ number, source, files, bytes, hidden }) => {
    const wasted = hidden.deleted + hidden.duplicated + hidden.overwritten
    const line = source.location === undefined ? (source.inBase ? '(base)' : '') : placeOf(source, number - 1)
    const text = cutText(sanitize(source.text.replaceAll(/\s+/g, ' ')), maxText)
    return [
      String(number),
      sanitize(line),
      String(files),
      formatSize(bytes),
      wasted === 0 ? '' : formatSize(wasted),
      text,
    ]
  })
  return formatTable([['LAYER', 'LINE', 'FILES', 'SIZE', 'WASTED', 'INSTRUCTION'], ...rows])
}

function findingsText(all: readonly Finding[]): string {
  const own = all.filter(({ inBase }) => !inBase)
  const shown = withoutMany(own).slice(0, mostFindings)
  const rest = own.filter((finding) => !shown.includes(finding))
  const lines = shown.flatMap((finding) => [
    `${formatSize(finding.bytes).padStart(8)}  ${describeFinding(finding)}`,
    `          -> ${sanitize(finding.rewrite)}`,
  ])
  const inBase = all.filter((finding) => finding.inBase)
  const more = [
    ...(rest.length > 0 ? [`${rest.length} more (${sumOf(rest)})`] : []),
    ...(inBase.length > 0 ? [`${inBase.length} within the base (${sumOf(inBase)})`] : []),
  ]
  if (lines.length === 0 && more.length === 0) return 'Nothing could be smaller.\n'
  if (more.length > 0) lines.push(`          ${more.join(', ')}: see --json`)
  return `What could be smaller, and how:\n\n${lines.join('\n')}\n`
}

/** Most images have many contents several times, and one rewrite for them: the largest stand for all. */
function withoutMany(findings: readonly Finding[]): Finding[] {
  const identical = findings.filter(({ kind }) => kind === 'identical').slice(0, mostIdentical)
  return findings.filter((finding) => finding.kind !== 'identical' || identical.includes(finding))
}

function secretsText(secrets: readonly SecretWarning[]): string {
  if (secrets.length === 0) return ''
  const lines = secrets.slice(0, mostSecrets).map(({ path, layer, hiddenBy }) => {
    const still = hiddenBy === undefined ? '' : `, still there although layer ${hiddenBy} hides it`
    return `          ${pathText(path)} in layer ${layer}${still}\n`
  })
  const more = secrets.length > mostSecrets ? `          and ${secrets.length - mostSecrets} more: see --json\n` : ''
  return `Names that look like secrets; whoever has the image can read them:\n\n${lines.join('')}${more}`
}

function sumText({ report }: Analysis): string {
  const { totals, own } = report
  const share = (bytes: number, of: number, percent: number): string =>
    `${formatSize(bytes)} of ${formatSize(of)} (${percentText(percent)})`
  const above = hasBase(report)
    ? `above the base: wasted ${share(own.wastedBytes, own.bytes, own.wastedPercent)}\n`
    : ''
  const wasted = share(totals.wastedBytes, totals.bytes, totals.wastedPercent)
  return `Efficiency ${percentText(100 * totals.efficiency)}, wasted ${wasted}\n${above}`
}

function sumOf(findings: readonly Finding[]): string {
  return formatSize(findings.reduce((sum, { bytes }) => sum + bytes, 0))
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
