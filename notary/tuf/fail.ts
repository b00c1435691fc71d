import { IbuildError } from '../../shared/base/errors.ts'

/** An error for metadata that is malformed. */
export function metadataInvalid(problem: string, cause?: unknown): IbuildError {
  return new IbuildError('METADATA_INVALID', problem, { cause })
}

/** Text that came from outside, short and on one line. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text)
}
