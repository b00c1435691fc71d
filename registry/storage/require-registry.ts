import { statSync } from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'

/** `part` is what of a registry must be there; what may not be looked at may well be, and is told as the system says it. Errors: STORE_INVALID. */
export function requireRegistry(root: string, part: string): void {
  if (isThere(part)) return
  throw new IbuildError('STORE_INVALID', `there is no registry in ${root}`, {
    hint: 'ibuild serve makes one; --root names the data folder.',
  })
}

/** True for what is there; throws as the system says. */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
