import { IbuildError } from '../../../shared/base/errors.ts'

/** What signatures are written: in a trusted collection, beside the image as cosign does, or both. */
export type SignFormat = 'notary' | 'cosign' | 'both'

/** What the flag of a format says. Errors: USAGE. */
export function checkSignFormat(text: string, flag: string): SignFormat {
  if (text === 'notary' || text === 'cosign' || text === 'both') return text
  throw new IbuildError('USAGE', `${flag}: ${JSON.stringify(text.slice(0, 40))} is none of notary, cosign and both`)
}
