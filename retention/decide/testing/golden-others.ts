import type { GoldenRow } from './golden.ts'
import { type ItemParts, itemOf, tag } from './items.ts'
import { day, patternOf } from './policies.ts'

const ms = 1 / day
const untagged = (name: string, parts: ItemParts = {}) => itemOf('untagged', name, parts)
const volume = (name: string, parts: ItemParts = {}) => itemOf('volume', name, parts)
const record = (name: string, parts: ItemParts = {}) => itemOf('cache', name, parts)
const week = { untagged: { olderThan: 7 * day } }
const weekUnlessPulled = { untagged: { olderThan: 7 * day, unlessPulledWithin: 30 * day } }
const went = 'DELETE_UNTAGGED policies[0].untagged'
const volumes = { keep: [patternOf('db-.*', 'volumes.keep[0]')], olderThan: 7 * day }

export const otherRows: readonly GoldenRow[] = [
  [
    'without a tag: a millisecond before, at it',
    {
      sets: [week],
      items: [untagged('u', { pushed: 7 - ms }), untagged('w', { pushed: 7 })],
      expected: { u: 'DEFAULT_KEEP', w: went },
    },
  ],
  [
    'without a tag, and no rule speaks of that',
    {
      sets: [{ deleteTags: ['.*'] }],
      items: [untagged('u')],
      expected: { u: 'DEFAULT_KEEP' },
    },
  ],
  [
    'without a tag, the default is not about it',
    {
      sets: [{}],
      policy: { default: 'delete' },
      items: [untagged('u'), tag('a')],
      expected: { u: 'DEFAULT_KEEP', a: 'DEFAULT_DELETE' },
    },
  ],
  [
    'without a tag, in a repository that no set speaks of',
    {
      sets: [{ ...week, include: ['other'] }],
      items: [untagged('u')],
      expected: { u: 'DEFAULT_KEEP' },
    },
  ],
  [
    'without a tag, pulled within: at it, a millisecond more',
    {
      sets: [weekUnlessPulled],
      items: [untagged('u', { pulled: 30 }), untagged('w', { pulled: 30 + ms })],
      expected: { u: 'KEEP_RECENT_PULL policies[0].untagged.unlessPulledWithin', w: went },
    },
  ],
  [
    'without a tag, never pulled: the push is no pull',
    {
      sets: [weekUnlessPulled],
      items: [untagged('u', { pushed: 7 })],
      expected: { u: went },
    },
  ],
  [
    'without a tag, pulls are not known for long enough',
    {
      sets: [weekUnlessPulled],
      known: 30,
      items: [untagged('u')],
      expected: { u: 'NO_DATA policies[0].untagged.unlessPulledWithin' },
    },
  ],
  [
    'without a tag: a keep of one set against a delete of another',
    {
      sets: [week, weekUnlessPulled],
      items: [untagged('u', { pulled: 1 }), untagged('w')],
      expected: { u: 'KEEP_RECENT_PULL policies[1].untagged.unlessPulledWithin', w: went },
    },
  ],
  [
    'without a tag: two sets, the shorter time counts',
    {
      sets: [{ untagged: { olderThan: 90 * day } }, week],
      items: [untagged('u', { pushed: 8 })],
      expected: { u: 'DELETE_UNTAGGED policies[1].untagged' },
    },
  ],
  [
    'without a tag: patterns of tags do not matter',
    {
      sets: [{ ...week, keepTags: ['.*'], keep: [{ kind: 'mostRecent', n: 9, by: 'pushed' }] }],
      items: [untagged('u')],
      expected: { u: went },
    },
  ],
  [
    'without a tag: only another set may delete',
    {
      sets: [{ ...week, id: 'a' }, { id: 'b' }],
      only: ['b'],
      items: [untagged('u')],
      expected: { u: 'DEFAULT_KEEP' },
    },
  ],
  ['volumes without a rule', { items: [volume('v')], expected: { v: 'DEFAULT_KEEP' } }],
  [
    'volumes: kept, a millisecond before, at it',
    {
      policy: { volumes },
      items: [volume('db-1'), volume('v', { pushed: 7 - ms }), volume('w', { pushed: 7 })],
      expected: { 'db-1': 'KEEP_REGEX volumes.keep[0]', v: 'DEFAULT_KEEP', w: 'DELETE_UNUSED volumes.olderThan' },
    },
  ],
  [
    'volumes that a container has',
    {
      policy: { volumes },
      items: [volume('v', { guards: ['in-use'] })],
      expected: { v: 'IN_USE' },
    },
  ],
  [
    'volumes are not what a set may delete',
    {
      sets: [{ id: 'a', deleteTags: ['.*'] }],
      only: ['a'],
      policy: { volumes },
      items: [volume('v')],
      expected: { v: 'DEFAULT_KEEP' },
    },
  ],
  ['records of the cache without a rule', { items: [record('r')], expected: { r: 'DEFAULT_KEEP' } }],
  [
    'records of the cache: used a millisecond before, at it',
    {
      policy: { cache: { notUsedFor: 30 * day } },
      items: [record('r', { pulled: 30 - ms }), record('s', { pulled: 30 })],
      expected: { r: 'DEFAULT_KEEP', s: 'DELETE_UNUSED cache.notUsedFor' },
    },
  ],
  [
    'records of the cache that were never used',
    {
      policy: { cache: { notUsedFor: 30 * day } },
      items: [record('r', { pushed: 1 }), record('s', { pushed: 30 })],
      expected: { r: 'DEFAULT_KEEP', s: 'DELETE_UNUSED cache.notUsedFor' },
    },
  ],
  [
    'records of the cache from before their use was noted',
    {
      policy: { cache: { notUsedFor: 30 * day } },
      known: 1,
      items: [record('r')],
      expected: { r: 'NO_DATA cache.notUsedFor' },
    },
  ],
  [
    'volumes and records count for what may go at a time',
    {
      policy: {
        volumes,
        cache: { notUsedFor: 30 * day },
        limits: { maxTags: 1, maxPercentPerRepo: 1, maxBytes: undefined, minRemainingPerRepo: 1, planLife: 1 },
      },
      items: [volume('v', { pushed: 50 }), record('r', { pushed: 60 })],
      expected: { v: 'CAP_REACHED limits.maxTags', r: 'DELETE_UNUSED cache.notUsedFor' },
    },
  ],
]
