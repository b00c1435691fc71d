import test from 'ava'
import fc from 'fast-check'
import type { Policy } from '../policy/types.ts'
import { explainItem } from './explain.ts'
import { keepParts, limitParts, setParts, shelves } from './testing/arbitraries.ts'
import { decided, goingIn, inShort, inventoryOf, now, type Shelf } from './testing/items.ts'
import { noLimits, policyOf, type SetParts } from './testing/policies.ts'

const sets = fc.array(setParts, { minLength: 1, maxLength: 3 })
const otherwise = fc.constantFrom('keep' as const, 'delete' as const)
const order = fc.constantFrom('oldest' as const, 'leastRecentlyPulled' as const)
const runs = { numRuns: 200 }

async function going(from: readonly Shelf[], policy: Policy): Promise<string[]> {
  return goingIn((await decided(inventoryOf(from), { policy })).decisions)
}

/** A set with one more thing that keeps. */
const addition = fc.oneof(
  keepParts.map(
    (rule) =>
      (set: SetParts): SetParts => ({ ...set, keep: [...(set.keep ?? []), rule] }),
  ),
  keepParts.map(
    (rule) =>
      (set: SetParts): SetParts => ({ ...set, keep: [rule, ...(set.keep ?? [])] }),
  ),
  fc.constantFrom('main.*', 'latest', '.*-[02468]').map(
    (text) =>
      (set: SetParts): SetParts => ({ ...set, keepTags: [...(set.keepTags ?? []), text] }),
  ),
  fc.constantFrom('team/a:.*', '.*:pr-1').map(
    (text) =>
      (set: SetParts): SetParts => ({ ...set, keepImages: [...(set.keepImages ?? []), text] }),
  ),
)

test('one more rule that keeps never deletes anything else', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, otherwise, addition, fc.nat(2), async (from, parts, byDefault, add, place) => {
      const more = parts.map((set, i) => (i === place % parts.length ? add(set) : set))
      const before = new Set(await going(from, policyOf(parts, { default: byDefault })))
      const after = await going(from, policyOf(more, { default: byDefault }))
      return after.every((name) => before.has(name))
    }),
    runs,
  )
  t.pass()
})

test('one more rule that keeps never deletes more, whatever limits there are', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, limitParts, addition, async (from, parts, limits, add) => {
      const policyWith = (some: readonly SetParts[]): Policy =>
        policyOf(some, { limits: { ...limits, maxBytes: undefined } })
      const before = await going(from, policyWith(parts))
      const after = await going(from, policyWith(parts.map(add)))
      return after.length <= before.length
    }),
    runs,
  )
  t.pass()
})

test('what is left after a run stays in the next one', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, otherwise, fc.nat(5), async (from, parts, byDefault, minRemainingPerRepo) => {
      const policy = policyOf(parts, { default: byDefault, limits: { ...noLimits, minRemainingPerRepo } })
      const { decisions } = await decided(inventoryOf(from), { policy })
      const gone = new Set(decisions.filter(({ verdict }) => verdict === 'delete').map(({ item }) => item))
      const left = from.map((one) => ({ ...one, items: one.items.filter((item) => !gone.has(item)) }))
      return (await going(left, policy)).length === 0
    }),
    runs,
  )
  t.pass()
})

test('neither the order of items nor the size of pages nor reading them again makes a difference', async (t) => {
  const shuffles = fc.array(fc.nat(), { minLength: 20, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(shelves, sets, limitParts, order, shuffles, async (from, parts, limits, first, keys) => {
      const options = { policy: policyOf(parts, { limits }), order: first }
      const byKey = new Map(from.flatMap(({ items }) => items.map((item, i) => [item, keys[i] ?? 0] as const)))
      const shuffled = from.map((one) => ({
        ...one,
        items: one.items.toSorted((a, b) => (byKey.get(a) ?? 0) - (byKey.get(b) ?? 0)),
      }))
      const whole = await decided(inventoryOf(from), options)
      const small = await decided(inventoryOf(shuffled, 3), { ...options, remembered: 0 })
      const some = await decided(inventoryOf(shuffled, 1), { ...options, remembered: 15 })
      for (const other of [small, some]) {
        t.deepEqual(byRepository(other.decisions), byRepository(whole.decisions))
        t.deepEqual(other.counts, { ...whole.counts, reasons: other.counts.reasons })
      }
    }),
    runs,
  )
})

function byRepository(decisions: Awaited<ReturnType<typeof decided>>['decisions']): Record<string, unknown> {
  const groups = Map.groupBy(decisions, ({ item }) => item.repository)
  return Object.fromEntries([...groups].map(([name, all]) => [name, inShort(all)]))
}

test('without rules nothing goes', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, otherwise, limitParts, async (from, byDefault, limits) => {
      const { decisions, counts } = await decided(inventoryOf(from), {
        policy: policyOf([], { default: byDefault, limits }),
      })
      return counts.deleted === 0 && decisions.every(({ verdict }) => verdict === 'keep')
    }),
    runs,
  )
  t.pass()
})

test('what is guarded never goes', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, otherwise, async (from, parts, byDefault) => {
      const { decisions } = await decided(inventoryOf(from), { policy: policyOf(parts, { default: byDefault }) })
      return decisions.every(({ item, reason }) => item.guards.length === 0 || /^(HOLD|IN_USE)$/.test(reason))
    }),
    runs,
  )
  t.pass()
})

test('without limits of a run no repository matters to another', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, limitParts, async (from, parts, limits) => {
      const policy = policyOf(parts, { limits: { ...limits, maxTags: undefined, maxBytes: undefined } })
      const alone = await Promise.all(from.map((one) => going([one], policy)))
      t.deepEqual(await going(from, policy), alone.flat().toSorted())
    }),
    runs,
  )
})

test('limits hold', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, otherwise, limitParts, order, async (from, parts, byDefault, limits, first) => {
      const policy = policyOf(parts, { default: byDefault, limits })
      const { decisions, counts } = await decided(inventoryOf(from), { policy, order: first })
      t.true(counts.deleted <= (limits.maxTags ?? Infinity))
      t.true(counts.bytes <= (limits.maxBytes ?? Infinity))
      for (const { repository, items } of from) {
        const tags = items.filter(({ kind }) => kind === 'tag').length
        const deleted = decisions.filter(
          ({ item, verdict }) => verdict === 'delete' && item.kind === 'tag' && item.repository === repository,
        ).length
        t.true(deleted * 100 <= tags * (limits.maxPercentPerRepo ?? 100))
        t.true(deleted === 0 || tags - deleted >= limits.minRemainingPerRepo)
      }
    }),
    runs,
  )
})

test('totals are sums of the decisions', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, limitParts, async (from, parts, limits) => {
      const { decisions, counts } = await decided(inventoryOf(from), { policy: policyOf(parts, { limits }) })
      const deleted = decisions.filter(({ verdict }) => verdict === 'delete')
      const sizes = new Map(deleted.map(({ item }) => [item.digest, item.size]))
      t.is(counts.considered, from.flatMap(({ items }) => items).length)
      t.is(counts.kept + counts.deleted, counts.considered)
      t.is(counts.deleted, deleted.length)
      t.is(
        counts.bytes,
        [...sizes.values()].reduce((sum, size) => sum + size, 0),
      )
      t.is(
        Object.values(counts.reasons).reduce((sum, count) => sum + count, 0),
        counts.considered,
      )
    }),
    runs,
  )
})

test('an explanation is of the decision that a run makes', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, otherwise, limitParts, async (from, parts, byDefault, limits) => {
      const policy = policyOf(parts, { default: byDefault, limits })
      const { decisions } = await decided(inventoryOf(from), { policy })
      for (const decision of decisions.slice(0, 3)) {
        const explained = await explainItem(inventoryOf(from), { policy, now }, decision.item)
        t.deepEqual(explained?.decision, decision)
        const changesAt = explained?.changesAt
        t.true(changesAt === undefined || changesAt > now)
        if (decision.rule !== undefined) t.true(explained?.rules.some(({ rule }) => rule === decision.rule))
      }
    }),
    { numRuns: 100 },
  )
})

test('when rules alone decide, an item stays what it is until the time that is told', async (t) => {
  await fc.assert(
    fc.asyncProperty(shelves, sets, otherwise, fc.nat(19), async (from, parts, byDefault, place) => {
      const policy = policyOf(parts, { default: byDefault })
      const item = from[0]?.items[place]
      if (item === undefined) return
      const at = (time: number) => explainItem(inventoryOf(from), { policy, now: time }, item)
      const first = await at(now)
      const { changesAt = now + 1e10 } = first ?? {}
      t.is((await at(changesAt - 1))?.decision.verdict, first?.decision.verdict)
      if (first?.changesAt !== undefined) t.not((await at(changesAt))?.decision.verdict, first.decision.verdict)
    }),
    { numRuns: 200 },
  )
})
