import type { ExpectedTag } from '../../registry/client/types.ts'
import { parseDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Command } from './arguments.ts'

/** Flags that say what a tag of a registry has to be before it is set. */
export interface ExpectedTagFlags {
  readonly ifMatch?: string
  readonly ifNew?: boolean
}

/** Declares {@link ExpectedTagFlags}. */
export function declareExpectedTag(parser: Command): Command {
  return parser
    .option('--if-match <digest>', 'set the tag only if it is this digest: else nothing is changed')
    .option('--if-new', 'set the tag only if there is none')
}

/** Errors: USAGE, DIGEST_INVALID. */
export function expectedTagOf({ ifMatch, ifNew }: ExpectedTagFlags): ExpectedTag | undefined {
  if (ifMatch !== undefined && ifNew === true)
    throw new IbuildError('USAGE', '--if-match and --if-new contradict each other')
  if (ifMatch !== undefined) return parseDigest(ifMatch)
  return ifNew === true ? 'absent' : undefined
}
