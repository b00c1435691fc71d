import { IbuildError } from '../../shared/base/errors.ts'
import { decide } from '../decide/decide.ts'
import { currentPolicy } from '../state/policies.ts'
import { itemOf } from './item-of.ts'
import type { Parts } from './parts.ts'
import { policyOf } from './policy-problems.ts'
import type { Explanation } from './types.ts'

/** See {@link RetentionService.explain}. */
export async function explain(parts: Parts, what: string): Promise<Explanation> {
  const { inventory, rows, readPolicy, now } = parts
  const name = itemOf(what)
  const policy = policyOf((await currentPolicy(rows)).text, readPolicy)
  for await (const page of decide(inventory, { policy, now: now() })) {
    const decision = page.find(
      ({ item }) => item.kind === name.kind && item.repository === name.repository && item.name === name.name,
    )
    if (decision !== undefined) return { decision, rules: [], changesAt: undefined }
  }
  throw new IbuildError('OBJECT_NOT_FOUND', `there is no ${what}`)
}
