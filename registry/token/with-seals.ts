import type { AccessRequest, Authorize, Grant } from '../http/authorize.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { parseName } from '../protocol/names.ts'
import type { UploadSeals } from './upload-seals.ts'

export interface SealParts {
  readonly seals: UploadSeals
  /** Whether somebody may push to a repository by the rules of now; `subject` is empty for nobody in particular. */
  readonly mayPush: (subject: string, name: RepositoryName) => boolean
}

/**
 * Lets requests go on with an upload by its address alone, as long as whoever began it may push: tokens live for minutes, and
 * uploads for hours. All else is for `next` to decide; who begins an upload by it is given such an address.
 */
export function withUploadSeals(next: Authorize, { seals, mayPush }: SealParts): Authorize {
  const sealing = (grant: Grant): Grant => ({
    ...grant,
    sealUpload: (name, id) => seals.seal({ name, id, subject: grant.subject ?? '' }),
  })
  return (request, wish) => {
    const { kind } = request.route
    if (kind !== 'upload' && kind !== 'uploads') return next(request, wish)
    const sealed = grantBySeal(request, { seals, mayPush })
    if (sealed !== undefined) return sealed
    const grant = next(request, wish)
    return grant instanceof Promise ? grant.then(sealing) : sealing(grant)
  }
}

/** The same address again in the answer: it lasts no longer by being used. */
function grantBySeal({ route }: AccessRequest, { seals, mayPush }: SealParts): Grant | undefined {
  if (route.kind !== 'upload' || route.seal === undefined) return undefined
  const { session: id, seal } = route
  const name = parseName(route.name)
  const subject = seals.open({ name, id }, seal)
  if (subject === undefined || !mayPush(subject, name)) return undefined
  return { mayPull: () => false, subject: subject || undefined, sealUpload: () => `${id}.${seal}` }
}
