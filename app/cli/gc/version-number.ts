import { IbuildError } from '../../../shared/base/errors.ts'

/** Errors: USAGE. */
export function versionNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new IbuildError('USAGE', `${JSON.stringify(text.slice(0, 80))} is not the number of a version`, {
    hint: 'See ibuild gc policy versions.',
  })
}
