import { IbuildError } from '../../shared/base/errors.ts'
import { formatReference, parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import type { RegistryOutput } from '../output-types.ts'

/** Where an output goes. Errors: USAGE without a name, or for one with a digest; REFERENCE_INVALID. */
export function registryNames(output: RegistryOutput, names: readonly string[]): Reference[] {
  const references = (output.names ?? names).map((text) => withDefaultTag(parseReference(text)))
  if (references.length === 0)
    throw new IbuildError('USAGE', 'an image that is pushed needs a name', { hint: 'Name it with -t HOST/PATH:TAG.' })
  const pinned = references.find(({ digest }) => digest !== undefined)
  if (pinned === undefined) return references
  throw new IbuildError('USAGE', `an image cannot be pushed under a digest: ${formatReference(pinned)}`, {
    hint: 'Leave the digest away.',
  })
}
