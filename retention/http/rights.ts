import { IbuildError } from '../../shared/base/errors.ts'
import type { FurtherRequest, Person } from '../../shared/web/further.ts'
import type { Within } from '../run/types.ts'
import type { createGcAccess, Scope } from './access.ts'

/** Who asks, if he may do that. Errors: REGISTRY_DENIED; those of the login. */
export type Rights = (scope: Scope) => Promise<Granted>

export interface Granted {
  /** For history and log. */
  readonly by: string
  /** Undefined: everywhere. */
  readonly within: Within | undefined
}

/** What rules grant to accounts of the server. Somebody without a login is asked for one, unless rules are for him, too. */
export function byAccounts(
  { request, identify }: Pick<FurtherRequest, 'request' | 'identify'>,
  access: ReturnType<typeof createGcAccess>,
): Rights {
  return async (scope) => {
    const isFree = access(undefined, scope) !== undefined && request.headers.authorization === undefined
    const person = isFree ? undefined : await identify(true)
    const allowed = access(person, scope)
    if (allowed === undefined) throw refused(person, scope)
    return { by: person?.name ?? 'anonymous', within: allowed === 'everywhere' ? undefined : allowed }
  }
}

function refused(person: Person | undefined, scope: Scope): IbuildError {
  const [why, hint] =
    person === undefined
      ? [
          'there are no accounts here, so that only the owner of the data folder may, on its machine',
          'Ask there without --server, or make accounts and rules: docs/gc.md.',
        ]
      : ['no rule in retention.access grants you that', 'Whoever runs the server can add one: docs/gc.md.']
  return new IbuildError('REGISTRY_DENIED', `this needs ${scope}: ${why}`, { hint })
}
