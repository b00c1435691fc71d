import { IbuildError } from '../../shared/base/errors.ts'
import { explainItem } from '../decide/explain.ts'
import { currentPolicy } from '../state/policies.ts'
import { itemOf } from './item-of.ts'
import type { Parts } from './parts.ts'
import { policyOf } from './policy-problems.ts'
import type { Explanation, Within } from './types.ts'

/** See {@link RetentionService.explain}. */
export async function explain(parts: Parts, what: string, within?: Within): Promise<Explanation> {
  const { inventory, rows, readPolicy, now } = parts
  const name = itemOf(what)
  const policy = policyOf((await currentPolicy(rows)).text, readPolicy)
  const isThere = within === undefined || within(name.repository)
  const found = isThere ? await explainItem(inventory, { policy, now: now() }, name) : undefined
  if (found !== undefined) return found
  const isUntagged = name.kind === 'untagged'
  const hint = isUntagged
    ? 'A manifest that a tag leads to is asked for by its tag.'
    : 'ibuild gc preview --all lists all.'
  throw new IbuildError('OBJECT_NOT_FOUND', `${inventory.source} has no ${what}`, { hint })
}
