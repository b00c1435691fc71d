import type { Limits } from '../../policy/types.ts'
import type { GoldenRow } from './golden.ts'
import { itemOf, tag } from './items.ts'
import { noLimits } from './policies.ts'

const went = 'DELETE_REGEX policies[0].tags.delete[0]'
const all = [{ deleteTags: ['.*'] }]
const withUntagged = [{ deleteTags: ['.*'], untagged: { olderThan: 0 } }]
const untaggedWent = 'DELETE_UNTAGGED policies[0].untagged'
const tags = 'CAP_REACHED limits.maxTags'
const bytes = 'CAP_REACHED limits.maxBytes'
const limits = (parts: Partial<Limits>): { limits: Limits } => ({ limits: { ...noLimits, ...parts } })
const five = [5, 4, 3, 2, 1].map((pushed) => tag(`t${pushed}`, { pushed }))

export const runLimitRows: readonly GoldenRow[] = [
  [
    'no more tags than so many: the oldest go',
    {
      sets: all,
      policy: limits({ maxTags: 2 }),
      items: five,
      expected: { t5: went, t4: went, t3: tags, t2: tags, t1: tags },
    },
  ],
  [
    'just as many tags as may go',
    {
      sets: all,
      policy: limits({ maxTags: 2 }),
      items: [tag('a'), tag('b')],
      expected: { a: went, b: went },
    },
  ],
  ['no tags may go', { sets: all, policy: limits({ maxTags: 0 }), items: [tag('a')], expected: { a: tags } }],
  [
    'no more tags than so many, of the same age: by name',
    {
      sets: all,
      policy: limits({ maxTags: 1 }),
      items: [tag('b'), tag('a')],
      expected: { a: went, b: tags },
    },
  ],
  [
    'the least recently pulled go first',
    {
      sets: all,
      policy: limits({ maxTags: 1 }),
      order: 'leastRecentlyPulled',
      items: [tag('a', { pushed: 90, pulled: 1 }), tag('b', { pushed: 20, pulled: 10 }), tag('c', { pushed: 5 })],
      expected: { a: tags, b: went, c: tags },
    },
  ],
  [
    'never pulled before pulls were noted counts as pulled then',
    {
      sets: all,
      policy: limits({ maxTags: 1 }),
      order: 'leastRecentlyPulled',
      known: 5,
      items: [tag('a', { pushed: 90 }), tag('b', { pushed: 20, pulled: 10 })],
      expected: { a: tags, b: went },
    },
  ],
  [
    'never pulled, all alike: the oldest',
    {
      sets: all,
      policy: limits({ maxTags: 1 }),
      order: 'leastRecentlyPulled',
      known: 5,
      items: [tag('a', { pushed: 20 }), tag('b', { pushed: 90 })],
      expected: { a: tags, b: went },
    },
  ],
  [
    'manifests without a tag count with the tags',
    {
      sets: withUntagged,
      policy: limits({ maxTags: 2 }),
      items: [tag('a', { pushed: 3 }), tag('b', { pushed: 1 }), itemOf('untagged', 'sha256:u', { pushed: 2 })],
      expected: { a: went, b: tags, 'sha256:u': untaggedWent },
    },
  ],
  [
    'no more than so many bytes',
    {
      sets: all,
      policy: limits({ maxBytes: 200 }),
      items: five,
      expected: { t5: went, t4: went, t3: bytes, t2: bytes, t1: bytes },
    },
  ],
  [
    'bytes of one digest count once',
    {
      sets: all,
      policy: limits({ maxBytes: 200 }),
      items: [
        tag('a', { pushed: 9, digest: 'd' }),
        tag('b', { pushed: 8, digest: 'd' }),
        tag('c', { pushed: 7 }),
        tag('d', { pushed: 1 }),
      ],
      expected: { a: went, b: went, c: went, d: bytes },
    },
  ],
  [
    'what does not fit in the bytes that are left stops those behind it',
    {
      sets: all,
      policy: limits({ maxBytes: 250 }),
      items: [tag('a', { pushed: 9 }), tag('b', { pushed: 8, size: 200 }), tag('c', { pushed: 7, size: 1 })],
      expected: { a: went, b: bytes, c: bytes },
    },
  ],
  [
    'what is alone too large does not stop those behind it',
    {
      sets: all,
      policy: limits({ maxBytes: 250 }),
      items: [tag('a', { pushed: 9, size: 251 }), tag('b', { pushed: 8, size: 250 })],
      expected: { a: bytes, b: went },
    },
  ],
  [
    'bytes and tags',
    {
      sets: all,
      policy: limits({ maxBytes: 150, maxTags: 2 }),
      items: five,
      expected: { t5: went, t4: bytes, t3: tags, t2: tags, t1: tags },
    },
  ],
]
