import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

/** DOCKERFILE_SYNTAX at a place of the file. */
export function syntaxError(message: string, location: SourceLocation, hint?: string): IbuildError {
  return new IbuildError('DOCKERFILE_SYNTAX', message, { location, ...(hint === undefined ? {} : { hint }) })
}

/** NOT_SUPPORTED: `what` is the part of the language, e.g. `RUN --mount`. */
export function notSupported(what: string, location: SourceLocation, hint?: string): IbuildError {
  return new IbuildError('NOT_SUPPORTED', `${what} is not supported yet`, {
    location,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** Text from the file, short enough for a message. */
export function excerpt(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

/** {@link excerpt} in double quotes, control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(excerpt(text))
}

/** ` (did you mean X?)`, or nothing. */
export function didYouMean(candidate: string | undefined): string {
  return candidate === undefined ? '' : ` (did you mean ${candidate}?)`
}
