import { IbuildError } from '../../shared/base/errors.ts'
import type { Gun } from './types.ts'

/** As notary's own database has it. */
const maxLength = 255

const hostPart = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const host = new RegExp(`^(?:${hostPart}(?:\\.${hostPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`)
const pathPart = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/

/**
 * Parses the name of a collection: a repository's name, mostly with the host before it (`host:5000/team/app`), but also without one
 * (`team/app`, `app`), as stock clients take it. At most 255 characters. Errors: GUN_INVALID.
 */
export function parseGun(text: string): Gun {
  if (isGun(text)) return text
  throw new IbuildError('GUN_INVALID', `not the name of a collection: ${JSON.stringify(text.slice(0, 300))}`)
}

/** True for what {@link parseGun} takes. */
export function isGun(text: string): text is Gun {
  if (text.length > maxLength) return false
  const [first = '', ...others] = text.split('/')
  return (host.test(first) || pathPart.test(first)) && others.every((part) => pathPart.test(part))
}
