import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { Policy } from '../policy/types.ts'

/** Errors: USAGE for an ID that no rule set of the policy has: nothing would go, and nobody would know why. */
export function mustHaveSets({ sets }: Policy, only: readonly string[] = []): void {
  const ids = sets.map(({ id }) => id)
  const unknown = only.find((id) => !ids.includes(id))
  if (unknown === undefined) return
  const meant = suggest(unknown, ids)
  throw new IbuildError('USAGE', `the policy has no rule set ${JSON.stringify(unknown.slice(0, 100))}`, {
    hint: meant === undefined ? 'ibuild gc policy show shows those that it has.' : `Did you mean ${meant}?`,
  })
}
