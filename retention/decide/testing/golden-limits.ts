import type { Limits } from '../../policy/types.ts'
import type { GoldenRow } from './golden.ts'
import { itemOf, tag } from './items.ts'
import { noLimits } from './policies.ts'

const went = 'DELETE_REGEX policies[0].tags.delete[0]'
const all = [{ deleteTags: ['.*'] }]
const withUntagged = [{ deleteTags: ['.*'], untagged: { olderThan: 0 } }]
const untaggedWent = 'DELETE_UNTAGGED policies[0].untagged'
const min = 'MIN_REMAINING limits.minRemainingPerRepo'
const tags = 'CAP_REACHED limits.maxTags'
const percent = 'CAP_REACHED limits.maxPercentPerRepo'
const limits = (parts: Partial<Limits>): { limits: Limits } => ({ limits: { ...noLimits, ...parts } })
const five = [5, 4, 3, 2, 1].map((pushed) => tag(`t${pushed}`, { pushed }))

export const limitRows: readonly GoldenRow[] = [
  [
    'one must remain: the newest',
    {
      sets: all,
      policy: limits({ minRemainingPerRepo: 1 }),
      items: [tag('a', { pushed: 1 }), tag('b', { pushed: 2 })],
      expected: { a: min, b: went },
    },
  ],
  [
    'one must remain, pushed at the same time: the later name',
    {
      sets: all,
      policy: limits({ minRemainingPerRepo: 1 }),
      items: [tag('a'), tag('c'), tag('b')],
      expected: { a: went, b: went, c: min },
    },
  ],
  [
    'what a rule keeps remains',
    {
      sets: [{ keepTags: ['old'], deleteTags: ['.*'] }],
      policy: limits({ minRemainingPerRepo: 1 }),
      items: [tag('old', { pushed: 900 }), tag('a', { pushed: 1 })],
      expected: { old: 'KEEP_REGEX policies[0].tags.keep[0]', a: went },
    },
  ],
  [
    'what is kept counts, and the newest of the others make up for the rest',
    {
      sets: [{ keepTags: ['old'], deleteTags: ['.*'] }],
      policy: limits({ minRemainingPerRepo: 3 }),
      items: [tag('old', { pushed: 900 }), ...five],
      expected: { old: 'KEEP_REGEX policies[0].tags.keep[0]', t1: min, t2: min, t3: went, t4: went, t5: went },
    },
  ],
  [
    'more must remain than there are',
    {
      sets: all,
      policy: limits({ minRemainingPerRepo: 9 }),
      items: [tag('a'), tag('b')],
      expected: { a: min, b: min },
    },
  ],
  [
    'what has no tag does not remain',
    {
      sets: withUntagged,
      policy: limits({ minRemainingPerRepo: 1 }),
      items: [tag('a'), itemOf('untagged', 'sha256:u')],
      expected: { a: min, 'sha256:u': untaggedWent },
    },
  ],
  [
    'no more than a percentage',
    {
      sets: all,
      policy: limits({ maxPercentPerRepo: 40 }),
      items: five,
      expected: { t5: went, t4: went, t3: percent, t2: percent, t1: percent },
    },
  ],
  [
    'a percentage is rounded down',
    {
      sets: all,
      policy: limits({ maxPercentPerRepo: 39 }),
      items: five,
      expected: { t5: went, t4: percent, t3: percent, t2: percent, t1: percent },
    },
  ],
  [
    'a percentage of less than one tag',
    {
      sets: all,
      policy: limits({ maxPercentPerRepo: 30 }),
      items: [tag('a'), tag('b'), tag('c')],
      expected: { a: percent, b: percent, c: percent },
    },
  ],
  [
    'all hundred percent',
    {
      sets: all,
      policy: limits({ maxPercentPerRepo: 100 }),
      items: [tag('a'), tag('b')],
      expected: { a: went, b: went },
    },
  ],
  [
    'a percentage counts tags that stay, and no manifests without a tag',
    {
      sets: [{ keepTags: ['t[1-3]'], deleteTags: ['.*'], untagged: { olderThan: 0 } }],
      policy: limits({ maxPercentPerRepo: 20 }),
      items: [...five, itemOf('untagged', 'sha256:u')],
      expected: {
        t5: went,
        t4: percent,
        'sha256:u': untaggedWent,
        ...Object.fromEntries(['t3', 't2', 't1'].map((name) => [name, 'KEEP_REGEX policies[0].tags.keep[0]'])),
      },
    },
  ],
  [
    'what must remain comes before a percentage',
    {
      sets: all,
      policy: limits({ maxPercentPerRepo: 60, minRemainingPerRepo: 3 }),
      items: five,
      expected: { t5: went, t4: went, t3: min, t2: min, t1: min },
    },
  ],
  [
    'what must remain is the newest, whatever goes first',
    {
      sets: all,
      policy: limits({ maxPercentPerRepo: 20, minRemainingPerRepo: 1 }),
      order: 'leastRecentlyPulled',
      items: [...five.slice(0, 4), tag('t0', { pushed: 0, pulled: 99 })],
      expected: { t5: went, t4: percent, t3: percent, t2: percent, t0: min },
    },
  ],
  [
    'fewer tags than the percentage',
    {
      sets: all,
      policy: limits({ maxTags: 1, maxPercentPerRepo: 40 }),
      items: five,
      expected: { t5: went, t4: tags, t3: tags, t2: tags, t1: tags },
    },
  ],
  [
    'fewer by percentage than tags',
    {
      sets: all,
      policy: limits({ maxTags: 2, maxPercentPerRepo: 20 }),
      items: five,
      expected: { t5: went, t4: percent, t3: percent, t2: percent, t1: percent },
    },
  ],
  [
    'what is guarded counts in a percentage and is none of those that go',
    {
      sets: all,
      policy: limits({ maxPercentPerRepo: 50 }),
      items: [tag('a', { pushed: 9, guards: ['in-use'] }), tag('b', { pushed: 8 })],
      expected: { a: 'IN_USE', b: went },
    },
  ],
]
