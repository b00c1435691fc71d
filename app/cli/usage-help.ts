import { errorCodes } from '../../shared/base/error-codes.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'

/** The error of the command `name`: wrong usage without a better hint leads to the command's help. Any other as it is. */
export function withHelp(error: unknown, name: string): unknown {
  return isIbuildError(error, 'USAGE') && error.hint === errorCodes.USAGE.hint
    ? withHint(error, `See ibuild ${name} --help.`)
    : error
}

/** The same error with another hint. */
export function withHint({ code, message, cause, location }: IbuildError, hint: string): IbuildError {
  return new IbuildError(code, message, { hint, cause, ...(location && { location }) })
}
