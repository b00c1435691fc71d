import { eachPage } from '../../shared/rows/each-row.ts'
import { numberPart } from '../../shared/rows/log-rows.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import type { Plan } from '../run/types.ts'
import { isID, itemRows, planRows } from './rows.ts'
import type { StoredItem } from './types.ts'

/** Plans that are remembered, and items of all of them: the newest plan has all of its own whatever they are. */
const [mostPlans, mostItems] = [100, 1_000_000]
const itemsAtOnce = 1000

/** An item and its key. */
export interface ItemRow {
  readonly key: string
  readonly item: StoredItem
}

export async function findPlan(rows: RowStore, id: string): Promise<Plan | undefined> {
  if (!isID(id)) return undefined
  const key = planRows.key(id)
  const value = await rows.get(key)
  return value === undefined ? undefined : planRows.parse(key, value)
}

/** Newest first. */
export async function listPlans(rows: RowStore): Promise<readonly Plan[]> {
  const found = await rows.list({ prefix: planRows.prefix(), limit: mostPlans, reverse: true })
  return found.map(({ key, value }) => planRows.parse(key, value))
}

export function planChange(plan: Plan): Change {
  return { put: [planRows.row([plan.id], plan)] }
}

/**
 * The row of an item. They go by `time`, the earliest first. While the row of their plan is missing they are of no plan: then they are
 * cleared away.
 */
export function itemRow(plan: string, item: StoredItem, time: number): Row {
  return itemRows.row(
    [plan, numberPart(Math.min(Math.max(0, time), Number.MAX_SAFE_INTEGER)), numberPart(item.number)],
    item,
  )
}

/** Items of a plan in their order, behind a key, page by page. */
export async function* planItems(rows: RowStore, plan: string, after?: string): AsyncGenerator<readonly ItemRow[]> {
  const from = after === undefined ? {} : { after }
  const list: RowStore['list'] = (range) => rows.list({ ...from, ...range })
  for await (const page of eachPage({ list }, itemRows.prefix(plan), itemsAtOnce)) {
    yield page.map(({ key, value }) => ({ key, item: itemRows.parse(key, value) }))
  }
}

/** Items of a plan in their order, as they are stored. */
export async function* itemTexts(rows: RowStore, plan: string): AsyncGenerator<string> {
  for await (const page of eachPage(rows, itemRows.prefix(plan), itemsAtOnce)) for (const { value } of page) yield value
}

/** Clears away items of a plan that was not finished, or is no more remembered. */
export async function clearItems(rows: RowStore, plan: string): Promise<void> {
  for await (const page of eachPage(rows, itemRows.prefix(plan), itemsAtOnce)) {
    await rows.commit({ remove: page.map(({ key }) => key), isMinor: true })
  }
}

/** Clears away what is too old, and items that are of no plan; `keep` says which plans stay whatever their age. */
export async function clearPlans(rows: RowStore, keep: (plan: Plan) => boolean): Promise<void> {
  await clearUnplanned(rows)
  const found = await rows.list({ prefix: planRows.prefix(), limit: 2 * mostPlans, reverse: true })
  let items = 0
  for (const [i, { key, value }] of found.entries()) {
    const plan = planRows.parse(key, value)
    items += plan.totals.deleted
    if (i === 0 || keep(plan) || (i < mostPlans && items <= mostItems)) continue
    await clearItems(rows, plan.id)
    await rows.commit({ remove: [key] })
  }
}

async function clearUnplanned(rows: RowStore): Promise<void> {
  for (let after = itemRows.prefix(); ; ) {
    const [row] = await rows.list({ prefix: itemRows.prefix(), limit: 1, after })
    const plan = row?.key.split(' ')[1]
    if (plan === undefined) return
    if ((await rows.get(planRows.key(plan))) === undefined) await clearItems(rows, plan)
    after = `${itemRows.prefix(plan)}\u{10fffe}`
  }
}
