import { parseName, type RepositoryName } from '../../../registry/protocol/names.ts'
import { IbuildError } from '../../../shared/base/errors.ts'

/** The name of a repository that a flag gives. Errors: USAGE. */
export function parseNameOf(flag: string, text: string): RepositoryName {
  try {
    return parseName(text)
  } catch (cause) {
    throw new IbuildError('USAGE', `${flag}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
