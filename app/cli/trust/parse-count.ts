import { IbuildError } from '../../../shared/base/errors.ts'

/** A number from 1 to 1000. Errors: USAGE. */
export function parseCount(text: string, flag: string): number {
  const count = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= 1000) return count
  throw new IbuildError('USAGE', `${flag}: ${JSON.stringify(text.slice(0, 40))} is not a number from 1 to 1000`)
}
