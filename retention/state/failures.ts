import { eachPage } from '../../shared/rows/each-row.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import type { ItemName } from '../facts.ts'
import { retryDelay } from '../retry-delay.ts'
import { failedRows, keyPart } from './rows.ts'
import type { Failure } from './types.ts'

const [minute, day] = [60_000, 24 * 60 * 60_000]
const longestMessage = 500

/** Why an item could not be removed the last times, if so. */
export async function failuresOf(
  rows: RowStore,
  items: readonly ItemName[],
): Promise<readonly (Failure | undefined)[]> {
  const keys = items.map(keyOf)
  const values = await rows.getMany(keys)
  return keys.map((key, i) => {
    const value = values[i]
    return value === undefined ? undefined : failedRows.parse(key, value)
  })
}

/** Notes a failure: the next try is after five minutes, then after twice as long each time, up to a day. */
export function failureChange(
  item: ItemName,
  { before, message, now }: { readonly before: Failure | undefined; readonly message: string; readonly now: number },
): Change {
  const tries = (before?.tries ?? 0) + 1
  const wait = retryDelay(tries, { first: 5 * minute, longest: day })
  const failure = { tries, nextAt: now + wait, message: message.slice(0, longestMessage) }
  return { put: [{ key: keyOf(item), value: JSON.stringify(failure) }] }
}

export function noFailureChange(items: readonly ItemName[]): Change {
  return { remove: items.map(keyOf) }
}

/** Forgets those of items that nobody tried to remove for long. */
export async function clearFailures(rows: RowStore, now: number): Promise<void> {
  for await (const page of eachPage(rows, failedRows.prefix(), 1000)) {
    const old = page.filter(({ key, value }) => failedRows.parse(key, value).nextAt < now - 30 * day)
    if (old.length > 0) await rows.commit({ remove: old.map(({ key }) => key), isMinor: true })
  }
}

function keyOf({ kind, repository, name }: ItemName): string {
  return failedRows.key(kind, keyPart(repository), keyPart(name))
}
