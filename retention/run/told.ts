import type { StoredItem, StoredRun } from '../state/types.ts'
import type { Plan, PlannedItem, Run } from './types.ts'

/** A run without what only the service needs. */
export function toldRun(run: StoredRun): Run {
  const { after: _, ...told } = run
  return told
}

/** An item of a plan without what only the service needs. */
export function toldItem(item: StoredItem): PlannedItem {
  const { number: _, signedBy: __, ...told } = item
  return told
}

/** A plan as it is at a time: one that nobody may apply any more says so. */
export function toldPlan(plan: Plan, { now, version }: { readonly now: number; readonly version: number }): Plan {
  if (plan.state !== 'waiting' && plan.state !== 'applying') return plan
  if (now >= plan.expiresAt) return { ...plan, state: 'expired' }
  return plan.policyVersion === version ? plan : { ...plan, state: 'dropped' }
}
