import { IbuildError } from '../../../shared/base/errors.ts'

/** The number that --limit asks for. Errors: USAGE. */
export function atMost(
  text: string | undefined,
  { standard, most }: { readonly standard: number; readonly most: number },
): number {
  if (text === undefined) return standard
  const count = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN
  if (count <= most) return count
  throw new IbuildError('USAGE', `--limit is a number from 1 to ${most}, not ${JSON.stringify(text.slice(0, 80))}`)
}
