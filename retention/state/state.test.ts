import test from 'ava'
import type { Plan, TrashEntry } from '../run/types.ts'
import { merged } from './changes.ts'
import { clearFailures, failureChange, failuresOf } from './failures.ts'
import { createMemoryState } from './open-state.ts'
import { clearPlans, findPlan, itemRow, listPlans, planChange, planItems } from './plans.ts'
import { keyPart, partsOfEntry } from './rows.ts'
import { findEntry, isKept, keptUntil, listEntries, trashChange, trashTotal } from './trash.ts'
import type { StoredItem } from './types.ts'

const idOf = (n: number): string => String(n).padStart(12, '0')

function planOf(n: number, deleted = 0): Plan {
  const totals = {
    considered: 0,
    kept: 0,
    deleted,
    bytes: 0,
    freed: 0,
    shared: 0,
    sharedWith: [],
    measured: 0,
    reasons: {},
    milliseconds: 0,
  }
  return {
    id: idOf(n),
    source: 'registry',
    policyVersion: 1,
    fingerprint: '',
    revision: '',
    at: n,
    by: 'ann',
    cause: '',
    only: ['a'],
    expiresAt: 0,
    state: 'applied',
    runId: undefined,
    totals,
  }
}

function itemOf(number: number): StoredItem {
  return {
    kind: 'tag',
    repository: 'a',
    name: `t${number}`,
    digest: 'd',
    size: 1,
    reason: 'DELETE_AGE',
    rule: undefined,
    about: '',
    pushedAt: 0,
    pulledAt: undefined,
    number,
    signedBy: [],
  }
}

function entryOf(run: number, number: number, more: Partial<TrashEntry> = {}): TrashEntry {
  return {
    id: `${idOf(run)}-${number}`,
    runId: idOf(run),
    kind: 'tag',
    repository: 'a',
    name: 't',
    digest: 'd',
    size: 5,
    reason: 'DELETE_AGE',
    at: 1,
    purgeAt: 2,
    state: 'trashed',
    ...more,
  }
}

test('items of a plan come in the order of their time, and go on behind any of them', async (t) => {
  const rows = createMemoryState()
  const times = [30, 10, 20, 10]
  await rows.commit({ put: times.map((time, i) => itemRow(idOf(1), itemOf(i), time)) })
  const found: string[] = []
  let second = ''
  for await (const page of planItems(rows, idOf(1))) {
    found.push(...page.map(({ item }) => item.name))
    second = page[1]?.key ?? ''
  }
  t.deepEqual(found, ['t1', 't3', 't2', 't0'])
  const rest: string[] = []
  for await (const page of planItems(rows, idOf(1), second)) rest.push(...page.map(({ item }) => item.name))
  t.deepEqual(rest, ['t2', 't0'])
})

test('old plans go, with their items, and items of none', async (t) => {
  const rows = createMemoryState()
  for (let n = 1; n <= 130; n++) {
    const put = [itemRow(idOf(n), itemOf(1), n)]
    await rows.commit(merged([{ put }, ...(n === 7 ? [] : [planChange(planOf(n, 1))])]))
  }
  await clearPlans(rows, ({ id }) => id === idOf(3))
  const plans = await listPlans(rows)
  t.is(plans.length, 100)
  t.is(plans[0]?.id, idOf(130))
  t.truthy(await findPlan(rows, idOf(3)), 'one that is to be kept')
  t.is(await findPlan(rows, idOf(4)), undefined)
  t.is((await rows.list({ prefix: 'item ', limit: 1000 })).length, 101)
  t.deepEqual(await rows.list({ prefix: `item ${idOf(7)} `, limit: 1 }), [])
})

test('what large plans have is given up earlier', async (t) => {
  const rows = createMemoryState()
  for (const [n, deleted] of [
    [1, 10],
    [2, 600_000],
    [3, 600_000],
    [4, 10],
  ] as const)
    await rows.commit(planChange(planOf(n, deleted)))
  await clearPlans(rows, () => false)
  t.deepEqual(
    (await listPlans(rows)).map(({ id }) => id),
    [idOf(4), idOf(3)],
  )
})

test('names of repositories are what they are in keys, whatever is in them', async (t) => {
  const rows = createMemoryState()
  const odd = ['a', 'a b', 'a%20b', '<none>', '']
  const entries = odd.map((repository, i) => entryOf(1, i + 1, { repository, purgeAt: i }))
  await rows.commit(await trashChange(rows, { add: entries }))
  for (const [i, repository] of odd.entries()) {
    t.deepEqual(
      (await listEntries(rows, { repository })).map(({ id }) => id),
      [entries[i]?.id ?? ''],
    )
    t.is(await keptUntil(rows, repository, 'd'), i)
  }
  t.is(keyPart('a %\n\u007f'), 'a%20%25%0a%7f')
  t.deepEqual(await trashTotal(rows), { entries: 5, bytes: 25 })
})

test('what several entries keep is kept until the last of them goes', async (t) => {
  const rows = createMemoryState()
  const [one, two] = [entryOf(1, 1, { purgeAt: 5 }), entryOf(2, 1, { purgeAt: 9 })]
  await rows.commit(await trashChange(rows, { add: [one, two] }))
  t.is(await keptUntil(rows, 'a', 'd'), 9)
  await rows.commit(await trashChange(rows, { remove: [{ entry: two, ending: 'purged' }] }))
  t.is(await keptUntil(rows, 'a', 'd'), 5)
  await rows.commit(await trashChange(rows, { remove: [{ entry: one, ending: 'restored' }] }))
  t.false(await isKept(rows, 'a', 'd'))
  const left = await rows.list({ prefix: '', limit: 100 })
  t.deepEqual(
    left.map(({ key }) => key.split(' ')[0]),
    ['ended', 'ended', 'total'],
  )
})

test('an ID that is none names nothing', async (t) => {
  const rows = createMemoryState()
  for (const id of [
    '',
    'x',
    idOf(1),
    `${idOf(1)}-`,
    `${idOf(1)}-0`,
    `${idOf(1)}-01`,
    `${idOf(1)}-1 x`,
    `${idOf(1)}-1234567890123456`,
  ]) {
    t.is(partsOfEntry(id), undefined, id)
    t.is(await findEntry(rows, id), undefined, id)
  }
  t.is(await findPlan(rows, '../../etc/pass'), undefined)
})

test('failures wait twice as long each time, up to a day, and are forgotten after a month', async (t) => {
  const rows = createMemoryState()
  const item = { kind: 'volume', repository: '', name: 'data' } as const
  const minute = 60_000
  let now = 0
  const waits: number[] = []
  for (let i = 0; i < 12; i++) {
    const [before] = await failuresOf(rows, [item])
    await rows.commit(failureChange(item, { before, message: 'x'.repeat(1000), now }))
    const [after] = await failuresOf(rows, [item])
    t.is(after?.message.length, 500)
    waits.push(((after?.nextAt ?? 0) - now) / minute)
    now = after?.nextAt ?? 0
  }
  t.deepEqual(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440])
  await clearFailures(rows, now + 30 * 24 * 60 * minute)
  t.truthy((await failuresOf(rows, [item]))[0])
  await clearFailures(rows, now + 31 * 24 * 60 * minute)
  t.is((await failuresOf(rows, [item]))[0], undefined)
})
