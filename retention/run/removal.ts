import { inParallel } from '../../shared/base/in-parallel.ts'
import { wantsOf } from '../decide/wants.ts'
import { noWants } from '../facts.ts'
import type { Policy } from '../policy/types.ts'
import type { Failure, StoredItem } from '../state/types.ts'
import type { Parts } from './parts.ts'
import { driftOf } from './recheck.ts'
import type { StillGoes } from './still-going.ts'

/** Items that are worked on at the same time. */
const atOnce = 8

/** What became of an item. */
export type Outcome =
  | { readonly kind: 'removed'; readonly freed: number }
  | { readonly kind: 'gone' }
  | { readonly kind: 'drifted'; readonly about: string }
  /** It is there as before. */
  | { readonly kind: 'failed'; readonly message: string }
  /** It failed before, and is not tried yet. */
  | { readonly kind: 'waits'; readonly message: string }
  /** Nobody knows whether it is there. */
  | { readonly kind: 'unknown'; readonly message: string }

/** An item that is next, or why it is not. */
export interface Look {
  readonly item: StoredItem
  /** Undefined for one that is to go. */
  readonly outcome: Exclude<Outcome, { kind: 'removed' } | { kind: 'unknown' }> | undefined
}

export interface LookOptions {
  readonly policy: Policy
  readonly stillGoes: StillGoes
  readonly now: number
}

/** Looks at items before they go: each must be as its plan saw it. With each, how it failed before. Never rejects. */
export async function lookAt(
  { inventory }: Parts,
  items: ReadonlyMap<StoredItem, Failure | undefined>,
  { policy, stillGoes, now }: LookOptions,
): Promise<readonly Look[]> {
  const look = async (item: StoredItem): Promise<Look['outcome']> => {
    const facts = await inventory.item(item, wantsOf(policy, item.repository))
    if (facts === undefined) return { kind: 'gone' }
    const drift = driftOf(item, facts) ?? (stillGoes(item) ? undefined : 'is kept by the policy by now')
    return drift === undefined ? undefined : { kind: 'drifted', about: drift }
  }
  return inParallel([...items], { atOnce }, async ([item, failure]) => {
    if (failure !== undefined && failure.nextAt > now) {
      const message = `${failure.message}; it is tried again after ${new Date(failure.nextAt).toISOString()}`
      return { item, outcome: { kind: 'waits', message } }
    }
    return { item, outcome: await look(item).catch(asFailed) }
  })
}

/** Takes items away. Never rejects. */
export async function removeAll(
  parts: Parts,
  items: readonly StoredItem[],
  by: string,
): Promise<readonly { readonly item: StoredItem; readonly outcome: Outcome }[]> {
  return inParallel(items, { atOnce }, async (item) => ({ item, outcome: await remove(parts, item, by) }))
}

async function remove(parts: Parts, item: StoredItem, by: string): Promise<Outcome> {
  try {
    return await parts.inventory.remove(item, { digest: item.digest, by, reason: item.reason })
  } catch (error) {
    return afterFailure(parts, item, messageOf(error))
  }
}

/** It may have gone before something failed. */
async function afterFailure({ inventory }: Parts, item: StoredItem, message: string): Promise<Outcome> {
  try {
    const facts = await inventory.item(item, noWants)
    return facts?.digest === item.digest ? { kind: 'failed', message } : { kind: 'removed', freed: 0 }
  } catch {
    return { kind: 'unknown', message }
  }
}

function asFailed(error: unknown): { readonly kind: 'failed'; readonly message: string } {
  return { kind: 'failed', message: messageOf(error) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
