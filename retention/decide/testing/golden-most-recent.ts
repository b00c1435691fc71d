import type { GoldenRow } from './golden.ts'
import { tag } from './items.ts'
import { day, type KeepParts } from './policies.ts'

const went = 'DELETE_REGEX policies[0].tags.delete[0]'
const top = (place = 0): string => `KEEP_TOP_N policies[0].keep[${place}]`
const recent = (n: number, by: Extract<KeepParts, { kind: 'mostRecent' }>['by']): KeepParts => ({
  kind: 'mostRecent',
  n,
  by,
})
const all = { deleteTags: ['.*'] }

export const mostRecentRows: readonly GoldenRow[] = [
  [
    'what a pattern on repository and tag keeps is not counted',
    {
      sets: [{ ...all, keepImages: ['.*:latest'], keep: [recent(1, 'pushed')] }],
      items: [tag('latest', { pushed: 1 }), tag('a', { pushed: 2 }), tag('b', { pushed: 3 })],
      expected: { latest: 'KEEP_REGEX policies[0].images.keep[0]', a: top(), b: went },
    },
  ],
  [
    'the two that were pushed last',
    {
      sets: [{ ...all, keep: [recent(2, 'pushed')] }],
      items: [tag('a', { pushed: 3 }), tag('b', { pushed: 1 }), tag('c', { pushed: 2 })],
      expected: { a: went, b: top(), c: top() },
    },
  ],
  [
    'fewer than are kept',
    {
      sets: [{ ...all, keep: [recent(5, 'pushed')] }],
      items: [tag('a'), tag('b')],
      expected: { a: top(), b: top() },
    },
  ],
  [
    'pushed at the same time: the later name stays',
    {
      sets: [{ ...all, keep: [recent(1, 'pushed')] }],
      items: [tag('B'), tag('a'), tag('Z')],
      expected: { B: went, a: top(), Z: went },
    },
  ],
  [
    'by pull; never pulled counts as pulled when pushed',
    {
      sets: [{ ...all, keep: [recent(2, 'pulled')] }],
      items: [tag('a', { pushed: 50, pulled: 9 }), tag('b', { pushed: 8 }), tag('c', { pushed: 1, pulled: 1 })],
      expected: { a: went, b: top(), c: top() },
    },
  ],
  [
    'by creation; without it by push',
    {
      sets: [{ ...all, keep: [recent(2, 'created')] }],
      items: [tag('a', { pushed: 1, created: 9 }), tag('b', { pushed: 8 }), tag('c', { pushed: 50, created: 1 })],
      expected: { a: went, b: top(), c: top() },
    },
  ],
  [
    'by version, not by name',
    {
      sets: [{ ...all, keep: [recent(2, 'semver')] }],
      items: [tag('1.10.0', { pushed: 9 }), tag('1.9.0', { pushed: 1 }), tag('v1.9.1', { pushed: 5 })],
      expected: { '1.10.0': top(), '1.9.0': went, 'v1.9.1': top() },
    },
  ],
  [
    'by version: a release is behind no candidate of it',
    {
      sets: [{ ...all, keep: [recent(1, 'semver')] }],
      items: [tag('1.0.0'), tag('1.0.0-rc.1'), tag('1.0.0-rc.10')],
      expected: { '1.0.0': top(), '1.0.0-rc.1': went, '1.0.0-rc.10': went },
    },
  ],
  [
    'by version: candidates by their numbers',
    {
      sets: [{ ...all, keep: [recent(1, 'semver')] }],
      items: [tag('1.0.0-rc.2'), tag('1.0.0-rc.10')],
      expected: { '1.0.0-rc.2': went, '1.0.0-rc.10': top() },
    },
  ],
  [
    'by version: what is none comes after all that are one',
    {
      sets: [{ ...all, keep: [recent(2, 'semver')] }],
      items: [tag('0.0.1', { pushed: 99 }), tag('latest', { pushed: 1 }), tag('v2', { pushed: 2 })],
      expected: { '0.0.1': top(), latest: top(), v2: went },
    },
  ],
  [
    'by version: the same one twice',
    {
      sets: [{ ...all, keep: [recent(1, 'semver')] }],
      items: [tag('1.0.0', { pushed: 1 }), tag('v1.0.0', { pushed: 9 })],
      expected: { '1.0.0': went, 'v1.0.0': top() },
    },
  ],
  [
    'by number',
    {
      sets: [{ ...all, group: 'b-(?<n>\\d+)', keep: [recent(2, { number: 'n' })] }],
      items: [tag('b-9', { pushed: 1 }), tag('b-10', { pushed: 3 }), tag('b-011', { pushed: 9 })],
      expected: { 'b-9': went, 'b-10': top(), 'b-011': top() },
    },
  ],
  [
    'by a number that no double holds',
    {
      sets: [{ ...all, group: '(?<n>.+)', keep: [recent(1, { number: 'n' })] }],
      items: [tag('90071992547409931'), tag('90071992547409930'), tag('90071992547409932')],
      expected: { '90071992547409931': went, '90071992547409930': went, '90071992547409932': top() },
    },
  ],
  [
    'by number: what has none comes after all that have one',
    {
      sets: [{ ...all, group: '(?<n>.+)', keep: [recent(2, { number: 'n' })] }],
      items: [tag('1', { pushed: 99 }), tag('x', { pushed: 2 }), tag('y', { pushed: 1 })],
      expected: { 1: top(), x: went, y: top() },
    },
  ],
  [
    'by number, counted for each branch: the number is no part of the group',
    {
      sets: [{ ...all, group: '(?<branch>.+)-(?<build>\\d+)', keep: [recent(1, { number: 'build' })] }],
      items: [tag('a-1'), tag('a-2'), tag('b-1')],
      expected: { 'a-1': went, 'a-2': top(), 'b-1': top() },
    },
  ],
  [
    'counted for each group',
    {
      sets: [{ ...all, group: '(?<branch>.+)-\\d+', keep: [recent(1, 'pushed')] }],
      items: [tag('a-1', { pushed: 2 }), tag('a-2', { pushed: 1 }), tag('b-1', { pushed: 9 })],
      expected: { 'a-1': went, 'a-2': top(), 'b-1': top() },
    },
  ],
  [
    'counted for each group of two names',
    {
      sets: [{ ...all, group: '(?<a>[^-]+)-(?<b>[^-]+)-\\d+', keep: [recent(1, 'pushed')] }],
      items: [tag('x-y-1', { pushed: 2 }), tag('x-y-2', { pushed: 1 }), tag('x-z-1', { pushed: 9 })],
      expected: { 'x-y-1': went, 'x-y-2': top(), 'x-z-1': top() },
    },
  ],
  [
    'tags that do not fit the group are one more',
    {
      sets: [{ ...all, group: '(?<branch>.+)-\\d+', keep: [recent(1, 'pushed')] }],
      items: [tag('a-1', { pushed: 5 }), tag('p', { pushed: 2 }), tag('q', { pushed: 1 })],
      expected: { 'a-1': top(), p: went, q: top() },
    },
  ],
  [
    'a group without names is one group, apart from the others',
    {
      sets: [{ ...all, group: 'a.*', keep: [recent(1, 'pushed')] }],
      items: [tag('a1', { pushed: 5 }), tag('a2', { pushed: 4 }), tag('b', { pushed: 9 })],
      expected: { a1: went, a2: top(), b: top() },
    },
  ],
  [
    'what a pattern keeps is not counted',
    {
      sets: [{ ...all, keepTags: ['latest'], keep: [recent(1, 'pushed')] }],
      items: [tag('latest', { pushed: 1 }), tag('a', { pushed: 2 }), tag('b', { pushed: 3 })],
      expected: { latest: 'KEEP_REGEX policies[0].tags.keep[0]', a: top(), b: went },
    },
  ],
  [
    'what another set keeps is counted',
    {
      sets: [{ ...all, keep: [recent(1, 'pushed')] }, { keepTags: ['b'] }],
      items: [tag('a', { pushed: 2 }), tag('b', { pushed: 1 })],
      expected: { a: went, b: top() },
    },
  ],
  [
    'what a guard keeps is counted',
    {
      sets: [{ ...all, keep: [recent(1, 'pushed')] }],
      items: [tag('a', { pushed: 2 }), tag('b', { pushed: 1, guards: ['in-use'] })],
      expected: { a: went, b: 'IN_USE' },
    },
  ],
  [
    'what another rule keeps is counted',
    {
      sets: [{ ...all, keep: [{ kind: 'pushedWithin', time: day }, recent(1, 'pushed')] }],
      items: [tag('a', { pushed: 2 }), tag('b', { pushed: 1 })],
      expected: { a: went, b: 'KEEP_RECENT_PUSH policies[0].keep[0]' },
    },
  ],
  [
    'what no pattern deletes is not counted',
    {
      sets: [{ deleteTags: ['pr-.*'], keep: [recent(1, 'pushed')] }],
      items: [tag('main', { pushed: 1 }), tag('pr-1', { pushed: 3 }), tag('pr-2', { pushed: 2 })],
      expected: { main: 'DEFAULT_KEEP', 'pr-1': went, 'pr-2': top() },
    },
  ],
  [
    'without patterns that delete all are counted, whatever conditions say',
    {
      sets: [{ keep: [recent(1, 'pushed')], delete: [{ kind: 'olderThan', by: 'pushed', time: 10 * day }] }],
      items: [tag('a', { pushed: 20 }), tag('b', { pushed: 9 })],
      expected: { a: 'DELETE_AGE policies[0].delete[0]', b: top() },
    },
  ],
  [
    'two rules: each counts by itself, and the first one is named',
    {
      sets: [{ ...all, keep: [recent(1, 'pushed'), recent(2, 'pulled')] }],
      items: [
        tag('a', { pushed: 1, pulled: 1 }),
        tag('b', { pushed: 9, pulled: 2 }),
        tag('c', { pushed: 8, pulled: 3 }),
      ],
      expected: { a: top(), b: top(1), c: went },
    },
  ],
  [
    'two sets: each counts what it deletes',
    {
      sets: [
        { deleteTags: ['a.*'], keep: [recent(1, 'pushed')] },
        { deleteTags: ['.*'], keep: [recent(1, 'pushed')] },
      ],
      items: [tag('a1', { pushed: 3 }), tag('a2', { pushed: 2 }), tag('b', { pushed: 1 })],
      expected: { a1: went, a2: top(), b: 'KEEP_TOP_N policies[1].keep[0]' },
    },
  ],
  [
    'only one set may delete: keep-N of the other holds',
    {
      sets: [
        { id: 'x', deleteTags: ['a.*'], keep: [recent(1, 'pushed')] },
        { id: 'y', deleteTags: ['.*'] },
      ],
      only: ['y'],
      items: [tag('a1', { pushed: 3 }), tag('a2', { pushed: 2 })],
      expected: { a1: 'DELETE_REGEX policies[1].tags.delete[0]', a2: top() },
    },
  ],
]
