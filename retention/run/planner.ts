import { createHash } from 'node:crypto'
import { type DecideOptions, decide } from '../decide/decide.ts'
import type { Decision } from '../decide/types.ts'
import type { Policy } from '../policy/types.ts'
import { auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { clearItems, clearPlans, itemRow, itemTexts, planChange } from '../state/plans.ts'
import type { StoredItem } from '../state/types.ts'
import { Measure } from './measure.ts'
import type { Parts } from './parts.ts'
import type { Plan, PlanOptions, PolicyVersion, Totals } from './types.ts'
import { mustKnowSigners } from './unknown-signers.ts'

/** Items that are written at once. */
const atOnce = 500
/** Items of which it is asked what would be freed if they went. */
const mostMeasured = 1000

export interface PlanRequest extends PlanOptions {
  readonly by: string
  readonly version: PolicyVersion
  readonly policy: Policy
}

/** Decides for now, and writes down what goes, with what must still be so when it does. Errors: RETENTION_POLICY_INVALID, those of the inventory. */
export async function makePlan(parts: Parts, request: PlanRequest): Promise<Plan> {
  const { inventory, rows, now } = parts
  mustKnowSigners(request.policy, inventory)
  const at = now()
  await clearPlans(rows, ({ state, expiresAt }) => (state === 'waiting' || state === 'applying') && at < expiresAt)
  const id = parts.newID()
  const revision = await inventory.revision()
  try {
    const totals = await writeItems(parts, id, { ...request, at })
    const { by, version, policy, cause = 'request' } = request
    const fingerprint = await fingerprintOf(parts, id, { hash: version.hash, revision })
    const plan: Plan = {
      id,
      source: inventory.source,
      policyVersion: version.version,
      fingerprint,
      revision,
      at,
      by,
      cause,
      only: request.only,
      expiresAt: at + policy.limits.planLife,
      state: 'waiting',
      runId: undefined,
      totals,
    }
    const about = { plan: id, policy: version.version, fingerprint, deletes: totals.deleted, cause }
    await rows.commit(merged([planChange(plan), auditChange({ at, by, action: 'plan', about })]))
    return plan
  } catch (error) {
    await clearItems(rows, id).catch(() => undefined) // what is left is cleared away before the next plan
    throw error
  }
}

/** Hex: sha256 over the policy, the revision, and all items in their order. */
export async function fingerprintOf(
  { rows }: Pick<Parts, 'rows'>,
  plan: string,
  { hash, revision }: { readonly hash: string; readonly revision: string },
): Promise<string> {
  const sum = createHash('sha256').update(JSON.stringify([hash, revision]))
  for await (const text of itemTexts(rows, plan)) sum.update(text)
  return sum.digest('hex')
}

async function writeItems(parts: Parts, id: string, request: PlanRequest & { readonly at: number }): Promise<Totals> {
  const { inventory, rows } = parts
  const { policy, only, order, at } = request
  const options: DecideOptions = { policy, now: at, only, order }
  const measure = new Measure(inventory, mostMeasured)
  const decisions = decide(inventory, options)
  let number = 0
  for await (const page of decisions) {
    request.signal?.throwIfAborted()
    const going = page.filter(({ verdict }) => verdict === 'delete')
    for (let from = 0; from < going.length; from += atOnce) {
      const put = going.slice(from, from + atOnce).map((decision) => {
        const item = itemOf(decision, ++number)
        return itemRow(id, item, order === 'leastRecentlyPulled' ? (item.pulledAt ?? item.pushedAt) : item.pushedAt)
      })
      await rows.commit({ put, isMinor: true })
    }
    for (const decision of going) measure.add(decision)
  }
  return measure.totals(decisions.counts())
}

function itemOf({ item, reason, rule, about }: Decision, number: number): StoredItem {
  const { kind, repository, name, digest, size, pushedAt, pulledAt } = item
  const signedBy = [...(item.signedBy ?? [])].sort()
  return { kind, repository, name, digest, size, reason, rule, about, pushedAt, pulledAt, number, signedBy }
}
