import test from 'ava'
import type { ItemFacts } from '../facts.ts'
import type { Policy } from '../policy/types.ts'
import { decided, inShort, inventoryOf, repository, shelf, tag } from './testing/items.ts'
import { noLimits, policyOf } from './testing/policies.ts'

const went = 'DELETE_REGEX policies[0].tags.delete[0]'
const sets = [{ keepTags: ['v.*'], deleteTags: ['.*'], keep: [{ kind: 'pulledWithin' as const, time: 1e9 }] }]

/** Decides where an item is read as `later` says from the second time on. */
async function whileChanging(
  items: readonly ItemFacts[],
  later: (items: readonly ItemFacts[]) => readonly ItemFacts[],
  policy: Policy = policyOf(sets),
  remembered = 0,
): Promise<Record<string, string>> {
  let reads = 0
  const { repositories } = inventoryOf([shelf(items)])
  const inventory = {
    repositories,
    async *items() {
      yield reads++ === 0 ? items : later(items)
    },
  }
  const { decisions } = await decided(inventory, { policy, remembered })
  return inShort(decisions)
}

const items = [tag('a'), tag('b'), tag('v1'), tag('z')]
const limited = policyOf(sets, { limits: { ...noLimits, maxTags: 2 } })

test('what comes meanwhile stays, and the others are what they are', async (t) => {
  for (const policy of [policyOf(sets), limited]) {
    const found = await whileChanging(
      items,
      ([a, b, ...rest]) => [tag('0'), ...[a, b].flatMap((i) => i ?? []), tag('c'), ...rest],
      policy,
    )
    const last = policy === limited ? 'CAP_REACHED limits.maxTags' : went
    const kept = 'KEEP_REGEX policies[0].tags.keep[0]'
    t.deepEqual(found, { 0: 'NO_DATA', a: went, b: went, c: 'NO_DATA', v1: kept, z: last })
  }
})

test('what goes meanwhile is not told', async (t) => {
  const found = await whileChanging(items, ([, , ...rest]) => rest)
  t.deepEqual(found, { v1: 'KEEP_REGEX policies[0].tags.keep[0]', z: went })
})

test('where there is space only for what is left, nothing is taken for another', async (t) => {
  const found = await whileChanging(items, ([, ...rest]) => rest, limited, items.length - 1)
  t.deepEqual(found, { b: went, v1: 'KEEP_REGEX policies[0].tags.keep[0]', z: went })
})

test('a tag that leads elsewhere meanwhile stays', async (t) => {
  const found = await whileChanging(items, ([, ...rest]) => [tag('a', { digest: 'sha256:other' }), ...rest])
  t.is(found['a'], 'NO_DATA')
  t.is(found['b'], went)
})

test('what is pulled, or guarded, meanwhile stays', async (t) => {
  const found = await whileChanging(items, ([, , ...rest]) => [
    tag('a', { pulled: 1 }),
    tag('b', { guards: ['in-use'] }),
    ...rest,
  ])
  t.is(found['a'], 'KEEP_RECENT_PULL policies[0].keep[0]')
  t.is(found['b'], 'IN_USE')
  t.is(found['z'], went)
})

test('a guard that ends meanwhile keeps for this time', async (t) => {
  const found = await whileChanging([tag('a', { guards: ['in-use'] })], () => [tag('a')])
  t.deepEqual(found, { a: 'NO_DATA' })
})

test('small repositories are read once, others as often as is needed', async (t) => {
  const many = Array.from({ length: 50 }, (_, i) => tag(`t${i}`, {}, 'large'))
  const shelves = [shelf(many, 'large'), shelf(items)]
  const readsWith = async (policy: Policy, remembered: number): Promise<Record<string, number>> => {
    const reads: Record<string, number> = {}
    const count = (name: string): void => {
      reads[name] = (reads[name] ?? 0) + 1
    }
    await decided(inventoryOf(shelves, 10, count), { policy, remembered })
    return reads
  }
  t.deepEqual(await readsWith(limited, 100), { large: 1, [repository]: 1 })
  t.deepEqual(await readsWith(limited, 20), { large: 3, [repository]: 1 })
  t.deepEqual(await readsWith(policyOf([]), 0), { large: 2, [repository]: 2 })
  t.deepEqual(await readsWith(policyOf(sets), 50), { large: 1, [repository]: 1 }, 'the space is given back')
})

test('an inventory that fails is told as it is', async (t) => {
  const { repositories } = inventoryOf([shelf(items)])
  const failing = {
    repositories,
    async *items(): AsyncGenerator<readonly ItemFacts[]> {
      yield items
      throw new RangeError('the disk is gone')
    },
  }
  await t.throwsAsync(decided(failing, { policy: policyOf(sets) }), { instanceOf: RangeError })
})

const many = Array.from({ length: 6000 }, (_, i) => tag(`t${i}`, { pushed: 6000 - i }))

test('many items are found again, in pages of any size', async (t) => {
  const policy = policyOf([{ deleteTags: ['.*[13579]'], keep: [{ kind: 'mostRecent', n: 3, by: 'pushed' }] }], {
    limits: { ...noLimits, maxTags: 2000, minRemainingPerRepo: 3500 },
  })
  const whole = await decided(inventoryOf([shelf(many)]), { policy })
  const again = await decided(inventoryOf([shelf(many)], 7), { policy, remembered: 0 })
  t.deepEqual(again, whole)
  t.deepEqual(whole.counts.reasons, {
    DEFAULT_KEEP: 3000,
    KEEP_TOP_N: 3,
    DELETE_REGEX: 2000,
    CAP_REACHED: 500,
    MIN_REMAINING: 497,
  })
})

test('where very many go or come meanwhile, nothing is taken for another', async (t) => {
  const fewer = await whileChanging(many, (all) => all.slice(3000))
  t.deepEqual(new Set(Object.values(fewer)), new Set([went]))
  const fewest = await whileChanging(many, (all) => all.slice(5000))
  t.deepEqual(new Set(Object.values(fewest)), new Set(['NO_DATA']), 'too far to look')
  const others = many.map(({ name }) => tag(`x${name}`))
  const more = await whileChanging(many, (all) => [...others, ...all])
  t.deepEqual(
    Object.keys(more).filter((name) => more[name] === went),
    many.map(({ name }) => name),
  )
})
