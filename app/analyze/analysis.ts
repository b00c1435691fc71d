import type { Finding, WasteReport } from '../../builder/analyze/types.ts'
import type { StoredImage } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { pathText } from '../cli/path-text.ts'
import { formatSize } from '../cli/sizes.ts'
import { describeFinding } from './finding-text.ts'

/** What is analysed, and what came of it. */
export interface Analysis {
  readonly image: StoredImage
  /** The name under which it was asked for or built. */
  readonly name: string | undefined
  /** Name of the image that it starts from. */
  readonly base: string | undefined
  readonly report: WasteReport
}

/** Findings that a refusal names. */
const mostNamed = 3

/** Refuses an image that wastes more than a share, in percent. Errors: WASTE_LIMIT. */
export function checkWaste({ report }: Analysis, limit: number | undefined): void {
  const { own, findings } = report
  if (limit === undefined || own.wastedPercent <= limit) return
  const what = hasBase(report) ? 'the layers above the base' : 'the image'
  const counted = findings.filter(({ wasted, inBase }) => wasted && !inBase).slice(0, mostNamed)
  throw new IbuildError(
    'WASTE_LIMIT',
    `${Number(own.wastedPercent.toFixed(4))} % of ${what} is wasted, more than ${limit} %`,
    {
      ...(counted[0] !== undefined && { hint: hintOf(counted, counted[0]) }),
    },
  )
}

function hintOf(findings: readonly Finding[], { rewrite }: Finding): string {
  const named = findings.map(
    (finding) => `${formatSize(finding.bytes)} in ${describeFinding(finding)}${largestOf(finding)}`,
  )
  return `The largest: ${named.join('; ')}. The first is saved so: ${rewrite}.`
}

/** Of several files that are named by their directory alone. */
function largestOf({ files, examples: [largest] }: Finding): string {
  return files === 1 || largest === undefined ? '' : ` (the largest is ${pathText(largest.path)})`
}

/** Whether some layers are told apart as those of the image that it starts from. */
export function hasBase({ layers }: WasteReport): boolean {
  return layers.some(({ source }) => source.inBase)
}

/** A share with as many digits as tell something. */
export function percentText(percent: number): string {
  return `${Number(percent.toFixed(percent < 1 ? 3 : 1))} %`
}
