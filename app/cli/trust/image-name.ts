import { parseGun } from '../../../notary/tuf/gun.ts'
import type { Gun } from '../../../notary/tuf/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { parseReference, type Reference } from '../../../shared/base/reference.ts'

/** The trusted collection of an image: its repository with its host. Errors: REFERENCE_INVALID, GUN_INVALID. */
export function gunOf(image: string | Pick<Reference, 'domain' | 'path'>): Gun {
  const { domain, path } = typeof image === 'string' ? parseRepository(image) : image
  return parseGun(`${domain}/${path}`)
}

/** A name without tag and digest. Errors: REFERENCE_INVALID, USAGE. */
function parseRepository(text: string): Reference {
  const reference = parseReference(text)
  if (reference.tag === undefined && reference.digest === undefined) return reference
  throw new IbuildError('USAGE', `${text}: this is about all of an image's repository: leave out the tag`)
}
