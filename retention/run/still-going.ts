import { createHash } from 'node:crypto'
import { decide } from '../decide/decide.ts'
import type { ItemName } from '../facts.ts'
import type { Policy } from '../policy/types.ts'
import type { Parts } from './parts.ts'
import type { Plan } from './types.ts'
import { uncapped } from './uncapped.ts'

/** True for an item that rules still delete. */
export type StillGoes = (item: ItemName & { readonly digest: string }) => boolean

/**
 * Decides anew for a plan that is about to be applied, if anything changed since: that tags that it did not mean went may be why others now
 * have to stay. Limits of a run do not count, for they say how many go, not which. Memory: some bytes for each item that goes.
 */
export async function stillGoing(parts: Parts, plan: Plan, policy: Policy): Promise<StillGoes> {
  const { inventory, now } = parts
  if ((await inventory.revision()) === plan.revision) return () => true
  const going = new Set<number>()
  const options = { policy: uncapped(policy), now: now(), only: plan.only }
  for await (const page of decide(inventory, options)) {
    for (const { item, verdict } of page) if (verdict === 'delete') going.add(numberOf(item))
  }
  return (item) => going.has(numberOf(item))
}

/** 48 bits that stand for an item and its digest. */
function numberOf({ kind, repository, name, digest }: ItemName & { readonly digest: string }): number {
  const text = JSON.stringify([kind, repository, name, digest])
  return createHash('sha256').update(text).digest().readUIntBE(0, 6)
}
